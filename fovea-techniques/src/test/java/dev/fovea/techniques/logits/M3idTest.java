package dev.fovea.techniques.logits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.TopK;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class M3idTest {
    private static final double[] SEEN = {.20, .25, .29, .26};
    private static final double[] BLIND = {.05, .30, .60, .05};

    private static float[] logs(double... p) {
        float[] out = new float[p.length];
        for (int i = 0; i < p.length; i++) {
            out[i] = (float) Math.log(p[i]);
        }
        return out;
    }

    private static Outcome at(int written, float[] seen, float[] blind, String... knobs) {
        Step step = Models.plan(new M3id(), Models.SMALL, Budget.full(), knobs)
                .steps()
                .getFirst();
        return FakeSignals.ofPrompt(3, 2, 2, 3)
                .with(new Signal.LogProbabilities(), seen)
                .with(new Signal.BranchLogProbabilities(new Branch.WithoutPictures()), blind)
                .with(new Signal.AnswerTokens(), new float[] {written})
                .run(step);
    }

    private static float[] logits(Outcome outcome) {
        return ((Decision.Replace) outcome.decision()).logits();
    }

    @Test
    void withoutWeightOrGateThereIsNoStep() {
        assertThat(Models.plan(new M3id(), Models.SMALL, Budget.full(), "lambda=0")
                        .steps())
                .isEmpty();
        assertThat(Models.plan(new M3id(), Models.SMALL, Budget.full(), "alpha=0")
                        .steps())
                .isEmpty();
        assertThat(at(0, logs(SEEN), logs(BLIND)).decision())
                .as("the first token is the plain model's")
                .isInstanceOf(Decision.Unchanged.class);
        assertThat(at(0, logs(SEEN), logs(BLIND), "t0=10").decision()).isInstanceOf(Decision.Replace.class);
    }

    @Test
    void aPictureThatChangesNothingChangesNothing() {
        for (int written : new int[] {1, 20, 500}) {
            assertThat(logits(at(written, logs(SEEN), logs(SEEN), "lambda=0.5")))
                    .containsExactly(logs(SEEN));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "5, 0.1052", "10, 0.2214", "20, 0.4918", "50, 1.7183", "100, 6.3891"})
    void weights(int written, double expected) {
        assertThat(M3id.weight(0.02, written)).isCloseTo(expected, offset(5e-5));
    }

    @ParameterizedTest
    @CsvSource({"5, -1.464, -1.405, -1.314, -1.174, 3", "20, -0.928, -1.476, -1.595, -0.536, 3"})
    void workedExample(int written, float a, float b, float c, float d, int picked) {
        float[] out = logits(at(written, logs(SEEN), logs(BLIND)));
        assertThat(out).containsExactly(new float[] {a, b, c, d}, offset(5e-4f));
        assertThat(TopK.best(out)).isEqualTo(picked);
        assertThat(TopK.best(logs(SEEN))).as("the prior's favourite").isEqualTo(2);
    }

    @Test
    void whereTheModelIsSureNothingIsChanged() {
        float[] sure = logs(.20, .20, .34, .26);
        for (int written : new int[] {0, 5, 20, 1000}) {
            assertThat(at(written, sure, logs(BLIND)).decision()).isInstanceOf(Decision.Unchanged.class);
        }
        assertThat(at(20, sure, logs(BLIND), "alpha=1.5").decision())
                .as("above 1 there is no gate")
                .isInstanceOf(Decision.Replace.class);
        float[] justThere = logs(.3, .3, .2, .2);
        assertThat(M3id.unsure(justThere, Math.exp(justThere[0])))
                .as("strictly less likely")
                .isFalse();
    }

    /** What is given are log-probabilities, so that a constant on either branch's logits cannot be seen. */
    @Test
    void onlyDifferencesCount() {
        float[] out = M3id.grounded(logs(SEEN), logs(BLIND), 0.7);
        float[] shifted = logs(BLIND);
        for (int i = 0; i < shifted.length; i++) {
            shifted[i] += 3;
        }
        float[] other = M3id.grounded(logs(SEEN), shifted, 0.7);
        for (int i = 1; i < out.length; i++) {
            assertThat(other[i] - other[0]).isCloseTo(out[i] - out[0], offset(1e-5f));
        }
    }

    @Test
    void staysFiniteHoweverLongTheAnswer() {
        float[] out = logits(at(100_000, logs(SEEN), logs(BLIND), "lambda=1"));
        for (float v : out) {
            assertThat(v).isFinite();
        }
        float[] difference = new float[out.length];
        for (int i = 0; i < out.length; i++) {
            difference[i] = (float) Math.log(SEEN[i] / BLIND[i]);
        }
        assertThat(TopK.best(out)).as("what the picture speaks for most").isEqualTo(TopK.best(difference));
        assertThat(Arrays.stream(SEEN).sum()).isCloseTo(1, offset(1e-9));
    }
}
