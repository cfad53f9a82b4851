package dev.fovea.core.engine;

import java.util.Arrays;

/**
 * What the language model's last layer made of the tokens of one prompt and its answer, behind the final norm: of those
 * that the layer held, in their order. A token knows which of the prompt's ids it stands for; all tokens of a picture
 * stand for its placeholder. Owned by its {@link PromptState}, used by one thread at a time.
 */
public final class FinalStates {
    private int width;
    private int count;
    private int next;
    private float[] states = new float[0];
    private int[] sources = new int[0];

    /** Tokens of which something is known. */
    public int count() {
        return count;
    }

    /** Numbers of a state; 0 before anything is known. */
    public int width() {
        return width;
    }

    /** The states of tokens from one on: {@code [count - from, width]}, row after row. */
    public float[] states(int from) {
        return Arrays.copyOfRange(states, from * width, count * width);
    }

    /** For tokens from one on the index of the id that each stands for, rising: {@code [count - from]}. */
    public int[] sources(int from) {
        return Arrays.copyOfRange(sources, from, count);
    }

    /**
     * Adds what was made of a prompt.
     *
     * @param rows {@code [tokens, width]}, row after row
     * @param of which id each token stands for
     */
    void add(float[] rows, int[] of) {
        width = rows.length / of.length;
        reserve(of.length);
        System.arraycopy(rows, 0, states, count * width, rows.length);
        System.arraycopy(of, 0, sources, count, of.length);
        count += of.length;
    }

    /** What is added next stands for the ids from this one on. */
    void nextIs(int id) {
        next = id;
    }

    /** Adds what was made of the ids that follow. */
    void addNext(float[] rows) {
        int[] of = new int[rows.length / width];
        Arrays.setAll(of, i -> next + i);
        add(rows, of);
    }

    /** Forgets what stands for ids from this one on. */
    void truncate(int ids) {
        while (count > 0 && sources[count - 1] >= ids) {
            count--;
        }
    }

    private void reserve(int more) {
        if (count + more > sources.length) {
            int room = Math.max(2 * sources.length, count + more);
            sources = Arrays.copyOf(sources, room);
            states = Arrays.copyOf(states, room * width);
        }
    }
}
