package dev.fovea.core.generate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A generated answer.
 *
 * @param text without special tokens and stop strings, and without what was thought
 * @param tokens the chosen tokens, without the end token and those of a thought
 * @param finish why it ended
 * @param attention for each of its tokens, up to {@link #MOST_WATCHED}, how the token that it was chosen behind looks at
 *     the visual tokens of the ledger; empty where that was not asked for
 * @param thought what was thought before it, under a plan that adds words for that; null where nothing was
 * @param speculation what guessing did for it; null where nothing was guessed
 */
public record Generated(
        String text,
        List<Token> tokens,
        FinishReason finish,
        List<float[]> attention,
        @Nullable Thought thought,
        @Nullable Speculation speculation) {
    /** Tokens of an answer whose attention is kept. */
    public static final int MOST_WATCHED = 256;

    public Generated {
        tokens = List.copyOf(tokens);
        attention = List.copyOf(attention);
    }

    /** An answer of which nobody asked where it looked. */
    public Generated(String text, List<Token> tokens, FinishReason finish) {
        this(text, tokens, finish, List.of(), null, null);
    }

    /**
     * One token.
     *
     * @param id in the vocabulary
     * @param logProbability natural logarithm of its probability under the model, before temperature, filters and forms
     * @param likeliest the likeliest tokens of this place, falling, if they were asked for
     */
    public record Token(int id, double logProbability, List<Sampler.Choice> likeliest) {
        public Token {
            likeliest = List.copyOf(likeliest);
        }

        /** A token of a place whose other tokens nobody asked for. */
        public Token(int id, double logProbability) {
            this(id, logProbability, List.of());
        }
    }
}
