package dev.fovea.core.generate;

/**
 * How the next token is chosen from the logits. The steps are taken in the order of the parameters below, as in
 * {@code transformers}: repetition penalty, temperature, top-k, top-p, min-p.
 *
 * @param repetitionPenalty above 1 makes tokens that were already seen (in the prompt or the answer) less likely; 1 is
 *     off (Keskar et al. 2019, CTRL, section 4.1)
 * @param temperature divides the logits; 0 always takes the likeliest token (greedy), and so does anything below
 *     {@link #LEAST_TEMPERATURE}
 * @param topK keeps the k likeliest tokens, and those as likely as the k-th; 0 keeps all
 * @param topP keeps the fewest likeliest tokens whose probabilities reach this sum; 1 keeps all (Holtzman et al. 2020)
 * @param minP keeps tokens at least this fraction as likely as the likeliest; 0 keeps all (Nguyen et al. 2024)
 * @param seed the same seed, options and logits give the same tokens
 */
public record SamplingOptions(
        double repetitionPenalty, double temperature, int topK, double topP, double minP, long seed) {
    /** Greedy decoding: the likeliest token, always. */
    public static final SamplingOptions GREEDY = new SamplingOptions(1, 0, 0, 1, 0, 0);

    /**
     * Below this temperature logits of a float's precision that differ at all leave one token; dividing by less only
     * overflows.
     */
    public static final double LEAST_TEMPERATURE = 1e-5;

    public SamplingOptions {
        require(
                repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
                "The repetition penalty must be above 0 (1 is off), not " + repetitionPenalty);
        require(
                temperature >= 0 && Double.isFinite(temperature),
                "The temperature must be 0 (greedy) or more, not " + temperature);
        require(topK >= 0, "top-k must be 0 (off) or more, not " + topK);
        require(topP > 0 && topP <= 1, "top-p must be above 0 and at most 1 (off), not " + topP);
        require(minP >= 0 && minP <= 1, "min-p must lie between 0 (off) and 1, not " + minP);
    }

    private static void require(boolean ok, String sentence) {
        if (!ok) {
            throw new IllegalArgumentException(sentence);
        }
    }

    /** Sampling from the whole distribution at this temperature. */
    public static SamplingOptions at(double temperature, long seed) {
        return new SamplingOptions(1, temperature, 0, 1, 0, seed);
    }

    /** Whether the likeliest token is always taken. */
    public boolean greedy() {
        return temperature < LEAST_TEMPERATURE;
    }

    public SamplingOptions withRepetitionPenalty(double penalty) {
        return new SamplingOptions(penalty, temperature, topK, topP, minP, seed);
    }

    public SamplingOptions withTemperature(double value) {
        return new SamplingOptions(repetitionPenalty, value, topK, topP, minP, seed);
    }

    public SamplingOptions withTopK(int k) {
        return new SamplingOptions(repetitionPenalty, temperature, k, topP, minP, seed);
    }

    public SamplingOptions withTopP(double p) {
        return new SamplingOptions(repetitionPenalty, temperature, topK, p, minP, seed);
    }

    public SamplingOptions withMinP(double p) {
        return new SamplingOptions(repetitionPenalty, temperature, topK, topP, p, seed);
    }

    public SamplingOptions withSeed(long value) {
        return new SamplingOptions(repetitionPenalty, temperature, topK, topP, minP, value);
    }
}
