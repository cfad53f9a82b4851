package dev.fovea.core.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
    /** Logits of the probabilities 0.5, 0.25, 0.125, 0.0625, 0.0625, in a mixed order. */
    private static final float[] HALVES = logs(0.125, 0.5, 0.0625, 0.25, 0.0625);

    private static float[] logs(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        return logits;
    }

    /** Every token that 4,000 draws give. */
    private static Set<Integer> reachable(SamplingOptions options, float[] logits) {
        Sampler sampler = new Sampler(options);
        Set<Integer> tokens = new TreeSet<>();
        for (int i = 0; i < 4000; i++) {
            tokens.add(sampler.next(logits).token());
        }
        return tokens;
    }

    @Test
    void greedyTakesTheLikeliestAndTheLowestOfEqualOnes() {
        assertThat(new Sampler(SamplingOptions.GREEDY).next(HALVES).token()).isEqualTo(1);
        assertThat(new Sampler(SamplingOptions.GREEDY)
                        .next(new float[] {1, 3, 3})
                        .token())
                .isEqualTo(1);
    }

    @Test
    void logProbabilitiesAreThoseOfTheModelItself() {
        SamplingOptions odd = SamplingOptions.GREEDY.withRepetitionPenalty(5);
        // The penalty takes token 1 out of the race; the probability of token 3 is told as the model gave it.
        assertThat(new Sampler(odd, 1).next(HALVES).logProbability()).isCloseTo(Math.log(0.25), within(1e-6));
        float[] shifted = HALVES.clone();
        for (int i = 0; i < shifted.length; i++) {
            shifted[i] += 30;
        }
        Sampler.Choice choice = new Sampler(SamplingOptions.at(2, 7)).next(shifted);
        assertThat(choice.logProbability()).isCloseTo(HALVES[choice.token()], within(1e-5));
    }

    @Test
    void thePenaltyDividesPositiveAndMultipliesNegativeScoresOfSeenTokens() {
        SamplingOptions options = SamplingOptions.GREEDY.withRepetitionPenalty(2);
        assertThat(new Sampler(options, 0).next(new float[] {4, 2.1f, 1}).token())
                .isEqualTo(1);
        assertThat(new Sampler(options, 0).next(new float[] {4, 1.9f, 1}).token())
                .isZero();
        assertThat(new Sampler(options, 0).next(new float[] {-1, -1.9f, -3}).token())
                .isEqualTo(1);
        Sampler twice = new Sampler(options);
        assertThat(twice.next(new float[] {4, 3, 1}).token()).isZero();
        assertThat(twice.next(new float[] {4, 3, 1}).token()).isEqualTo(1);
        assertThat(twice.next(new float[] {4, 3, 1}).token()).isZero();
    }

    @Test
    void topKKeepsTheLikeliestAndThoseAsLikelyAsTheLastKept() {
        assertThat(reachable(SamplingOptions.at(1, 1).withTopK(2), HALVES)).containsExactly(1, 3);
        assertThat(reachable(SamplingOptions.at(1, 1).withTopK(4), HALVES)).containsExactly(0, 1, 2, 3, 4);
        assertThat(reachable(SamplingOptions.at(1, 1).withTopK(99), HALVES)).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({"0.01, 1", "0.49, 1", "0.51, 2", "0.74, 2", "0.76, 3", "0.9, 4", "1.0, 5"})
    void topPKeepsTheFewestThatReachTheSum(double topP, int kept) {
        Set<Integer> tokens = reachable(SamplingOptions.at(1, 1).withTopP(topP), HALVES);
        assertThat(tokens).hasSize(kept);
        if (kept == 4) {
            assertThat(tokens).as("of equally likely tokens the lower id stays").contains(2);
        }
    }

    @Test
    void minPIsAShareOfTheLikeliest() {
        assertThat(reachable(SamplingOptions.at(1, 1).withMinP(0.4), HALVES)).containsExactly(1, 3);
        assertThat(reachable(SamplingOptions.at(1, 1).withMinP(0.2), HALVES)).containsExactly(0, 1, 3);
        assertThat(reachable(SamplingOptions.at(1, 1).withMinP(1), HALVES)).containsExactly(1);
    }

    @Test
    void temperatureComesBeforeTheFilters() {
        // At temperature 2 the probabilities go with their square roots: 0.293 of 1 is the largest's share, so 0.25/0.5
        // becomes 0.71 of it and 0.125/0.5 becomes 0.5.
        assertThat(reachable(SamplingOptions.at(2, 1).withMinP(0.45), HALVES)).containsExactly(0, 1, 3);
    }

    @Test
    void drawsFollowTheProbabilities() {
        Sampler sampler = new Sampler(SamplingOptions.at(1, 42));
        int[] counts = new int[5];
        for (int i = 0; i < 20_000; i++) {
            counts[sampler.next(HALVES).token()]++;
        }
        assertThat(counts[1] / 20_000.0).isCloseTo(0.5, within(0.015));
        assertThat(counts[3] / 20_000.0).isCloseTo(0.25, within(0.015));
        assertThat(counts[0] / 20_000.0).isCloseTo(0.125, within(0.015));
    }

    @Test
    void theSameSeedGivesTheSameTokensAndTheLogitsStayAsTheyWere() {
        SamplingOptions options =
                SamplingOptions.at(1.3, 5).withRepetitionPenalty(1.1).withTopP(0.95);
        float[] logits = HALVES.clone();
        int[] first = IntStream.range(0, 50).map(i -> 0).toArray();
        Sampler a = new Sampler(options);
        Sampler b = new Sampler(options);
        Sampler c = new Sampler(options.withSeed(6));
        boolean differs = false;
        for (int i = 0; i < first.length; i++) {
            int token = a.next(logits).token();
            assertThat(b.next(logits).token()).isEqualTo(token);
            differs |= c.next(logits).token() != token;
        }
        assertThat(differs).isTrue();
        assertThat(logits).isEqualTo(HALVES);
    }

    @RepeatedTest(200)
    void whateverTheFiltersTheLikeliestTokenRemainsAndTheChoiceIsValid(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        // Ordinary logits, ties at either end, and tokens that are forbidden.
        float[] ends = {-50, 50, 0, Float.NEGATIVE_INFINITY};
        float[] logits = new float[random.nextInt(1, 41)];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = random.nextInt(3) == 0 ? ends[random.nextInt(4)] : (float) random.nextDouble(-50, 50);
        }
        double topP = random.nextInt(8) == 0 ? 1 : random.nextDouble(0.01, 1);
        double minP = random.nextInt(8) == 0 ? 0 : random.nextDouble();
        logits[0] = 0;
        SamplingOptions options = SamplingOptions.at(0.7, random.nextLong())
                .withTopP(topP)
                .withMinP(minP)
                .withTopK(5);
        Sampler.Choice choice = new Sampler(options).next(logits);
        assertThat(choice.token()).isBetween(0, logits.length - 1);
        assertThat(choice.logProbability()).isLessThanOrEqualTo(1e-9).isGreaterThan(Double.NEGATIVE_INFINITY);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, Double.MIN_VALUE, 1e-40, 9e-6})
    void aTinyTemperatureIsGreedy(double temperature) {
        assertThat(reachable(SamplingOptions.at(temperature, 1), HALVES)).containsExactly(1);
        assertThat(SamplingOptions.at(temperature, 1).greedy()).isTrue();
        float[] far = {-3e38f, 3e38f, Float.NEGATIVE_INFINITY};
        assertThat(new Sampler(SamplingOptions.at(temperature, 1)).next(far).token())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-5, 1, 1e38, 1e39, Double.MAX_VALUE})
    void atNoTemperatureIsAForbiddenTokenChosen(double temperature) {
        float[] logits = {1, Float.NEGATIVE_INFINITY, 1, Float.NEGATIVE_INFINITY};
        assertThat(reachable(SamplingOptions.at(temperature, 1), logits)).containsExactly(0, 2);
    }

    @Test
    void brokenLogitsAreSaid() {
        float inf = Float.NEGATIVE_INFINITY;
        assertThatThrownBy(() -> new Sampler(SamplingOptions.GREEDY).next(new float[] {1, Float.NaN}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not numbers");
        assertThatThrownBy(() -> new Sampler(SamplingOptions.GREEDY).next(new float[] {inf, inf}))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void optionsOutOfRangeAreRefusedInOneSentence() {
        SamplingOptions ok = SamplingOptions.GREEDY;
        assertThatThrownBy(() -> ok.withTemperature(-1))
                .hasMessage("The temperature must be 0 (greedy) or more, not -1.0");
        assertThatThrownBy(() -> ok.withTemperature(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ok.withTopK(-3)).hasMessage("top-k must be 0 (off) or more, not -3");
        assertThatThrownBy(() -> ok.withTopP(0)).hasMessage("top-p must be above 0 and at most 1 (off), not 0.0");
        assertThatThrownBy(() -> ok.withTopP(1.5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ok.withMinP(2)).hasMessage("min-p must lie between 0 (off) and 1, not 2.0");
        assertThatThrownBy(() -> ok.withRepetitionPenalty(0))
                .hasMessage("The repetition penalty must be above 0 (1 is off), not 0.0");
    }
}
