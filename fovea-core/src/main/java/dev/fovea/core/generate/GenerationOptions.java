package dev.fovea.core.generate;

import java.util.List;

/**
 * How an answer is generated.
 *
 * @param sampling how tokens are chosen
 * @param maxTokens longest answer, in tokens; at least 1
 * @param stop strings that end the answer; they are not part of it
 */
public record GenerationOptions(SamplingOptions sampling, int maxTokens, List<String> stop) {

    public GenerationOptions {
        stop = List.copyOf(stop);
        if (maxTokens < 1) {
            throw new IllegalArgumentException("An answer needs at least 1 token, not " + maxTokens + ".");
        }
        if (stop.contains("")) {
            throw new IllegalArgumentException("A stop string must not be empty; leave it out instead.");
        }
    }

    /** Greedy, at most 256 tokens. */
    public static GenerationOptions defaults() {
        return new GenerationOptions(SamplingOptions.GREEDY, 256, List.of());
    }
}
