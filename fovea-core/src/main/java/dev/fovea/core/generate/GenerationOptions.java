package dev.fovea.core.generate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an answer is generated.
 *
 * @param sampling how tokens are chosen
 * @param maxTokens longest answer, in tokens; at least 1
 * @param stop strings that end the answer; they are not part of it
 * @param likeliest how many of the likeliest tokens are noted at each place, 0 to {@value #MOST_LIKELIEST}
 * @param grammar the form that the answer must have, or null
 */
public record GenerationOptions(
        SamplingOptions sampling,
        int maxTokens,
        List<String> stop,
        int likeliest,
        @Nullable Grammar grammar) {
    /** Most tokens that are noted at a place. */
    public static final int MOST_LIKELIEST = 20;

    public GenerationOptions {
        stop = List.copyOf(stop);
        if (maxTokens < 1) {
            throw new IllegalArgumentException("An answer needs at least 1 token, not " + maxTokens + ".");
        }
        if (stop.contains("")) {
            throw new IllegalArgumentException("A stop string must not be empty; leave it out instead.");
        }
        if (likeliest < 0 || likeliest > MOST_LIKELIEST) {
            throw new IllegalArgumentException("Of the likeliest tokens of a place 0 to " + MOST_LIKELIEST
                    + " can be noted, not " + likeliest + ".");
        }
    }

    /** Free text, of which only the chosen tokens are noted. */
    public GenerationOptions(SamplingOptions sampling, int maxTokens, List<String> stop) {
        this(sampling, maxTokens, stop, 0, null);
    }

    public GenerationOptions withSampling(SamplingOptions value) {
        return new GenerationOptions(value, maxTokens, stop, likeliest, grammar);
    }

    public GenerationOptions withMaxTokens(int tokens) {
        return new GenerationOptions(sampling, tokens, stop, likeliest, grammar);
    }

    public GenerationOptions withLikeliest(int count) {
        return new GenerationOptions(sampling, maxTokens, stop, count, grammar);
    }

    public GenerationOptions withGrammar(Grammar form) {
        return new GenerationOptions(sampling, maxTokens, stop, likeliest, form);
    }

    /** Greedy, at most 256 tokens. */
    public static GenerationOptions defaults() {
        return new GenerationOptions(SamplingOptions.GREEDY, 256, List.of());
    }
}
