package dev.fovea.train.data;

import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Question;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch in the making: questions are packed behind each picture until there is no room. */
final class QuestionPack {
    private final int samples;
    private final int visual;
    private final int text;
    private final int all;
    private final int length;
    private final int[] patches;
    private final int[] tokens;
    private final int[] positions;
    private final int[] segments;
    private final int[] used;
    private final int[] next;
    private final int[] segment;
    private final int[] after;
    private final List<int[]> targets = new ArrayList<>();
    private final List<Question> asked = new ArrayList<>();
    private final List<AnswerBatch.Seen> scenes = new ArrayList<>();

    /**
     * @param visual visual tokens per picture
     * @param text room for packed text
     * @param all visual tokens that a picture would have if none were left out
     */
    QuestionPack(int samples, int visual, int text, int all) {
        this.samples = samples;
        this.visual = visual;
        this.text = text;
        this.all = all;
        this.length = AnswerBatch.LEAD + visual + text;
        patches = new int[samples * visual];
        tokens = new int[samples * text];
        positions = new int[samples * length];
        segments = new int[samples * text];
        used = new int[samples];
        next = new int[samples];
        segment = new int[samples];
        after = new int[samples];
        Arrays.fill(segments, -1);
        Arrays.fill(tokens, WorldTokenizer.PAD);
    }

    /** What the next picture looks like, where that is needed. */
    void show(AnswerBatch.Seen seen) {
        scenes.add(seen);
    }

    /** The visual tokens of a picture, and whether they take contiguous positions. */
    void place(int s, int[] chosen, boolean renumber) {
        System.arraycopy(chosen, 0, patches, s * visual, visual);
        int at = s * length;
        positions[at + 1] = 1;
        for (int i = 0; i < visual; i++) {
            positions[at + AnswerBatch.LEAD + i] = AnswerBatch.LEAD + (renumber ? i : chosen[i]);
        }
        after[s] = AnswerBatch.LEAD + (renumber ? visual : all);
        next[s] = after[s];
    }

    /** Adds a question and its answer; false if there is no room. */
    boolean ask(int s, int[] question, int[] answer, @Nullable Question q, boolean follows) {
        boolean chain = follows && used[s] > 0;
        int need = (chain ? 1 : 0) + question.length + 1 + answer.length + 1;
        if (used[s] + need > text) {
            return false;
        }
        if (!chain) {
            segment[s]++;
            next[s] = after[s];
        } else {
            put(s, WorldTokenizer.USER);
        }
        for (int id : question) {
            put(s, id);
        }
        put(s, WorldTokenizer.ASSISTANT);
        int index = q == null ? -1 : asked.size();
        if (q != null) {
            asked.add(q);
        }
        for (int id : answer) {
            target(s, id, index);
            put(s, id);
        }
        target(s, WorldTokenizer.EOS, index);
        put(s, WorldTokenizer.EOS);
        return true;
    }

    private void target(int s, int id, int index) {
        targets.add(new int[] {s * length + AnswerBatch.LEAD + visual + used[s] - 1, id, index});
    }

    private void put(int s, int id) {
        int at = s * text + used[s];
        tokens[at] = id;
        segments[at] = segment[s];
        positions[s * length + AnswerBatch.LEAD + visual + used[s]] = next[s]++;
        used[s]++;
    }

    /** The batch, which is the one of this number. */
    AnswerBatch build(long number) {
        int n = targets.size();
        int[] rows = new int[n];
        int[] ids = new int[n];
        int[] answer = new int[n];
        for (int i = 0; i < n; i++) {
            rows[i] = targets.get(i)[0];
            ids[i] = targets.get(i)[1];
            answer[i] = targets.get(i)[2];
        }
        return new AnswerBatch(
                number,
                samples,
                visual,
                text,
                patches,
                tokens,
                positions,
                segments,
                new AnswerBatch.Targets(rows, ids, answer, asked),
                scenes);
    }
}
