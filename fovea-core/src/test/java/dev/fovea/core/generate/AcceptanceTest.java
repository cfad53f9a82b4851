package dev.fovea.core.generate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guesses are taken and replaced so that what comes out has the distribution of the model. */
class AcceptanceTest {
    private static final double[] P = {0.5, 0.3, 0.2};
    private static final double[] Q = {0.2, 0.6, 0.2};

    @Test
    void byHand() {
        double[] chances =
                IntStream.range(0, 3).mapToDouble(i -> Acceptance.of(P, Q, i)).toArray();
        close(chances, 1, 0.5, 1);
        double[] left = Acceptance.residual(P, Q, 1);
        double sum = Arrays.stream(left).sum();
        close(Arrays.stream(left).map(v -> v / sum).toArray(), 1, 0, 0);
        double overall =
                IntStream.range(0, 3).mapToDouble(i -> Q[i] * chances[i]).sum();
        assertThat(overall).isCloseTo(0.7, within(1e-9));
        // What is taken and what replaces the rest add up to the model's distribution.
        for (int i = 0; i < 3; i++) {
            assertThat(Q[i] * chances[i] + (1 - overall) * left[i] / sum).isCloseTo(P[i], within(1e-9));
        }
    }

    /** A guess that was not drawn is taken as often as the model would say it. */
    @Test
    void aCertainGuess() {
        assertThat(Acceptance.of(P, null, 1)).isCloseTo(0.3, within(1e-9));
        close(Acceptance.residual(P, null, 1), 0.5, 0, 0.2);
    }

    /** Words that one of the two does not have are never said, or never guessed. */
    @Test
    void vocabulariesOfTwoLengths() {
        assertThat(Acceptance.of(new double[] {1}, new double[] {0.5, 0.5}, 1)).isZero();
        close(Acceptance.residual(P, new double[] {1}, 0), 0, 0.3, 0.2);
    }

    /** Three tokens, guessed from another distribution than the model's: chi-square over its 99.9 % point of 13.82. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void chiSquareOfThreeTokens(long seed) {
        int draws = 20_000;
        double[] counts = new double[3];
        float[] target = logs(P);
        float[] draft = logs(Q);
        Sampler choosing = new Sampler(SamplingOptions.at(1, seed));
        Sampler guessing = new Sampler(SamplingOptions.at(1, ~seed));
        int taken = 0;
        for (int i = 0; i < draws; i++) {
            Proposal guess = guessing.guess(draft);
            int token = choosing.next(target, target, guess).token();
            counts[token]++;
            taken += token == guess.token() ? 1 : 0;
        }
        double chi = IntStream.range(0, 3)
                .mapToDouble(i -> Math.pow(counts[i] - draws * P[i], 2) / (draws * P[i]))
                .sum();
        assertThat(chi).isLessThan(13.82);
        assertThat((double) taken / draws).isCloseTo(0.7, within(0.015));
    }

    /** Temperature and filters hold for what is guessed and for what is chosen; a greedy guess is the likeliest. */
    @Test
    void guessesAreDrawnAsTokensAre() {
        SamplingOptions two = SamplingOptions.at(0.5, 4).withTopK(2);
        Sampler guessing = new Sampler(two);
        for (int i = 0; i < 50; i++) {
            Proposal guess = guessing.guess(logs(P));
            double[] q = requireNonNull(guess.probabilities());
            close(q, 0.25 / 0.34, 0.09 / 0.34, 0);
            assertThat(guess.token()).isLessThan(2);
        }
        Proposal greedy = new Sampler(SamplingOptions.GREEDY).guess(logs(P));
        assertThat(greedy.token()).isZero();
        assertThat(greedy.probabilities()).isNull();
    }

    /** A draft whose numbers broke guesses something, and what is chosen does not suffer. */
    @Test
    void brokenGuesses() {
        Proposal broken = new Sampler(SamplingOptions.at(1, 4)).guess(new float[] {Float.NaN, 0, 1});
        assertThat(broken.probabilities()).isNull();
        double[] counts = new double[3];
        Sampler choosing = new Sampler(SamplingOptions.at(1, 9));
        for (int i = 0; i < 6_000; i++) {
            counts[choosing.next(logs(P), logs(P), broken).token()]++;
        }
        for (int i = 0; i < 3; i++) {
            assertThat(counts[i] / 6_000).isCloseTo(P[i], within(0.03));
        }
    }

    private static float[] logs(double[] p) {
        float[] logs = new float[p.length];
        for (int i = 0; i < p.length; i++) {
            logs[i] = (float) Math.log(p[i]);
        }
        return logs;
    }

    private static void close(double[] actual, double... expected) {
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-4));
        }
    }
}
