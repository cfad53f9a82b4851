package dev.fovea.core.generate;

import dev.fovea.core.path.Wording;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells what of an answer in the making is thought and what is said. A thought stands in front of the answer, between
 * its marks; an answer may come without one. Further words that stand elsewhere are silent.
 */
final class Thinking {
    private final Wording wording;
    private final int first;
    private final Function<int[], String> decoder;
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> words = new ArrayList<>();
    private final List<float[]> states = new ArrayList<>();
    private @Nullable StreamingDetokenizer piece;
    private Where where = Where.BEFORE;
    private int tokens;
    private boolean awaited;

    private enum Where {
        BEFORE,
        INSIDE,
        BEHIND
    }

    /** What becomes of a token. */
    enum Fate {
        /** It is part of what is said. */
        SAID,
        /** It is part of a thought, or a mark that nobody hears. */
        SILENT,
        /** It ends the answer. */
        LAST
    }

    /**
     * @param first id of the first further word
     * @param decoder text of token ids of the model's own vocabulary
     */
    Thinking(Wording wording, int first, Function<int[], String> decoder) {
        this.wording = wording;
        this.first = first;
        this.decoder = decoder;
    }

    /** Id of the first further word: the logits of the model's own vocabulary stand before it. */
    int first() {
        return first;
    }

    /** Whether a thought is being written. */
    boolean inside() {
        return where == Where.INSIDE;
    }

    /** Whether a thought has as many tokens as it may. */
    boolean tooLong() {
        return inside() && tokens >= wording.most();
    }

    /** Id of the word that begins a thought, where one may begin. */
    int mayOpen() {
        return where == Where.BEFORE ? first + wording.open() : -1;
    }

    /** Takes the state of the word that was read last, if it is one whose state is kept. */
    void read(float[] state) {
        if (awaited) {
            states.add(state.clone());
            awaited = false;
        }
    }

    /** Takes the next token. */
    Fate accept(int token) {
        int word = token - first;
        if (where == Where.INSIDE) {
            tokens++;
            think(token, word);
            return Fate.SILENT;
        }
        if (word < 0) {
            where = Where.BEHIND;
            return Fate.SAID;
        }
        if (word == wording.open() && where == Where.BEFORE) {
            where = Where.INSIDE;
            tokens = 1;
            return Fate.SILENT;
        }
        if (word == wording.end()) {
            return Fate.LAST;
        }
        if (word == wording.answer()) {
            where = Where.BEHIND;
        }
        return Fate.SILENT;
    }

    private void think(int token, int word) {
        if (word == wording.close()) {
            flush();
            where = Where.BEHIND;
        } else if (word >= 0) {
            flush();
            text.append(wording.words().get(word));
            words.add(word);
            awaited = true;
        } else {
            StreamingDetokenizer running = piece;
            if (running == null) {
                running = new StreamingDetokenizer(decoder);
                piece = running;
            }
            text.append(running.accept(token));
        }
    }

    private void flush() {
        StreamingDetokenizer running = piece;
        if (running != null) {
            text.append(running.finish());
            piece = null;
        }
    }

    /** What was thought, or null if nothing was. */
    @Nullable
    Thought thought() {
        if (tokens == 0) {
            return null;
        }
        flush();
        // The last word may not have been read: the answer ended with it.
        int[] known = words.stream().limit(states.size()).mapToInt(i -> i).toArray();
        return new Thought(text.toString().strip(), tokens, known, states, where == Where.BEHIND);
    }
}
