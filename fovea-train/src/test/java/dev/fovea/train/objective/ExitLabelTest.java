package dev.fovea.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.path.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When visual tokens may leave (DyVTE, arXiv 2411.19628): the label's two conditions. */
class ExitLabelTest {

    /** Agreement of every token, and a cross-entropy that grows by less than 3 %: both strict. */
    @ParameterizedTest
    @CsvSource({
        "0.6667, 1, 1, false",
        "1, 1, 1.02, true",
        "1, 1, 1.03, false",
        "1, 1, 1.0299, true",
        "1, 1, 0.2, true",
        "0.99, 1, 0.2, false",
        "0.991, 1, 1, true",
        "1, 0.000001, 0.000002, false"
    })
    void bothConditionsAreStrict(double agree, double with, double without, boolean exit) {
        assertThat(ExitObjective.mayLeave(agree, with, without)).isEqualTo(exit);
    }

    private static AnswerTokens tokens(float... logits) {
        return new AnswerTokens(new Matrix(3, 2, logits), new int[] {0, 1, 2}, new int[] {0, 0, 1});
    }

    /** Three tokens of an answer, of which the networks take two for the same. */
    @Test
    void agreementIsCountedTokenByToken() {
        AnswerTokens with = tokens(2, 1, 0, 1, 5, 6);
        AnswerTokens without = tokens(3, 1, 1, 0, 0, 1);
        assertThat(with.agreement(without)).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(with.agreement(with)).isEqualTo(1);
        // A tie goes to the lower index in both.
        assertThat(tokens(1, 1, 1, 1, 1, 1).agreement(tokens(1, 0, 1, 0, 1, 0))).isEqualTo(1);
    }

    @Test
    void crossEntropyIsTheMeanOverTheAnswer() {
        double expected = (Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(-1))) / 3;
        assertThat(tokens(2, 1, 0, 1, 5, 6).crossEntropy()).isCloseTo(expected, within(1e-9));
    }

    /** Where f32 would call an answer certain, it is still less certain than one that is more so. */
    @Test
    void certaintyIsNotRoundedAway() {
        double sure = tokens(60, 0, 60, 0, 0, 60).crossEntropy();
        double surer = tokens(80, 0, 80, 0, 0, 80).crossEntropy();
        assertThat(sure).isPositive().isGreaterThan(surer);
        assertThat(surer).isPositive();
        assertThat(ExitObjective.mayLeave(1, sure, sure)).isTrue();
    }
}
