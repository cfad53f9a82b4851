package dev.fovea.core;

import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.SamplingOptions;
import dev.fovea.core.technique.Budget;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How a client of another library wants an answer made; null is what it does not say. What is not said is greedy, as
 * everywhere in Fovea, and keeps every visual token.
 *
 * @param techniques as typed on a command line
 * @param budget {@code 64}, {@code 25%} or {@code full}
 * @param maxTokens the longest answer
 * @param stops texts at which an answer ends
 * @param repetitionPenalty see {@link SamplingOptions}, as for those that follow
 * @param temperature 0 for greedy
 * @param topK 0 for all
 * @param topP 1 for all
 * @param minP 0 for all
 * @param seed of sampling; another one for each answer if it is not said
 */
public record AskWishes(
        @Nullable List<String> techniques,
        @Nullable String budget,
        @Nullable Integer maxTokens,
        @Nullable List<String> stops,
        @Nullable Double repetitionPenalty,
        @Nullable Double temperature,
        @Nullable Integer topK,
        @Nullable Double topP,
        @Nullable Double minP,
        @Nullable Long seed) {

    /**
     * The same as options.
     *
     * @param usualTokens the longest answer where none is said
     * @throws IllegalArgumentException with one sentence if a value is out of its bounds
     */
    public AskOptions options(int usualTokens) {
        return AskOptions.defaults()
                .withTechniques(
                        techniques == null ? List.of() : techniques,
                        budget == null ? Budget.full() : Budget.parse(budget))
                .withGeneration(new GenerationOptions(
                        sampling(), maxTokens == null ? usualTokens : maxTokens, stops == null ? List.of() : stops));
    }

    private SamplingOptions sampling() {
        return new SamplingOptions(
                or(repetitionPenalty, 1),
                or(temperature, 0),
                topK == null ? 0 : topK,
                or(topP, 1),
                or(minP, 0),
                seed == null ? ThreadLocalRandom.current().nextLong() : seed);
    }

    private static double or(@Nullable Double value, double usual) {
        return value == null ? usual : value;
    }
}
