package dev.fovea.techniques.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FlowCutTest {
    private static final float[] A = {.30f, .20f, .10f, .10f, .10f, .10f, .05f, .05f};
    private static final float[] B = {.1f, .1f, .2f, .2f, .1f, .1f, .1f, .1f};
    private static final float[] U = {1, 2, 3, 1, 4, 1, 1, 2};
    private static final float[] A2 = {.70f, .10f, .05f, .05f, .04f, .02f, .02f, .02f};

    /** Layer A and B of the worked example, with the score's arithmetic alone. */
    @Test
    void workedScores() {
        assertThat(FlowCutScore.score(A, B, U))
                .containsExactly(new float[] {.40f, .60f, .90f, .30f, .80f, .20f, .15f, .30f}, offset(1e-6f));
        float[] second = FlowCutScore.score(A2, Models.constant(8, .125), Models.constant(8, 1));
        assertThat(second)
                .containsExactly(new float[] {.825f, .225f, .175f, .175f, .165f, .145f, .145f, .145f}, offset(1e-6f));
        assertThat(FlowCutScore.pruned(A2, 3, 2, true)).isEqualTo(2);
    }

    /** Layer B as a step: values all equal, so semantics and norms are flat; the smoothed score decides. */
    @Test
    void workedStep() {
        Plan plan =
                Models.plan(new FlowCut(), Models.shape(2, 4, true, 8, 7, 2, 1, false, 8, 8, 1, 1), Budget.count(3));
        Step step = plan.steps().get(3);
        assertThat(step.station()).isEqualTo(new Station.EncoderOutput(3));
        float[] ones = Models.constant(9 * 2, .5);
        Outcome outcome = FakeSignals.of(Layout.ofGrid(2, 4))
                .with(new Signal.EncoderAttention(3, EncoderQueries.CLS, Heads.MEAN), A2)
                .with(new Signal.EncoderProjection(3, Projection.VALUE), new Matrix(9, 2, ones))
                .with(new Signal.Noted("flowcut"), new float[] {.40f, .60f, .90f, .30f, .80f, .20f, .15f, .30f})
                .run(step);
        assertThat(outcome.scores())
                .containsExactly(
                        new float[] {.6125f, .4125f, .5375f, .2375f, .4825f, .1725f, .1475f, .2225f}, offset(1e-6f));
        assertThat(Models.kept(outcome)).containsExactly(0, 1, 2, 3, 4, 7);
        assertThat(outcome.notes().get("flowcut")).isEqualTo(outcome.scores());
    }

    @Test
    void entropyDecidesHowManyGo() {
        assertThat(FlowCutScore.pruned(Models.constant(576, 1 / 576.0), 64, 20, true))
                .isZero();
        float[] oneHot = new float[576];
        oneHot[9] = .8f;
        assertThat(FlowCutScore.pruned(oneHot, 64, 20, true)).isEqualTo((int) Math.rint(512 / Math.sqrt(20)));
        assertThat(FlowCutScore.pruned(oneHot, 64, 1, true)).isEqualTo(512);
        double[] e = {.95, .9, .8};
        int[] expected = {11, 22, 41};
        for (int i = 0; i < 3; i++) {
            assertThat((int) Math.rint(512 / Math.sqrt(20) * (1 - e[i] * e[i]))).isEqualTo(expected[i]);
        }
    }

    @Test
    void prunesAtEverySecondLayerAndReachesTheBudget() {
        Plan plan = Models.plan(new FlowCut(), Models.LLAVA, Budget.count(64));
        assertThat(plan.steps()).hasSize(22);
        List<Integer> pruning = new ArrayList<>();
        int before = 576;
        for (var taken : PathSimulator.run(plan, Models.LLAVA, 2)) {
            int layer = ((Station.EncoderOutput) taken.step().station()).layer();
            int after = taken.after().visualCount();
            assertThat(after).isLessThanOrEqualTo(before);
            assertThat(taken.after().cells()).isSorted();
            if (after < before) {
                pruning.add(layer);
            }
            if (layer < 21) {
                assertThat(after).isGreaterThan(64);
            }
            before = after;
        }
        assertThat(pruning).containsExactly(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21);
        assertThat(before).isEqualTo(64);
    }

    @Test
    void uniformAttentionWaitsForTheLastLayer() {
        Plan plan = Models.plan(new FlowCut(), Models.LLAVA, Budget.count(64));
        for (Step step : plan.steps()) {
            int layer = ((Station.EncoderOutput) step.station()).layer();
            Outcome outcome = FakeSignals.of(Layout.ofGrid(24, 24))
                    .with(
                            new Signal.EncoderAttention(layer, EncoderQueries.CLS, Heads.MEAN),
                            Models.constant(576, .001))
                    .with(
                            new Signal.EncoderProjection(layer, Projection.VALUE),
                            new Matrix(577, 1024, Models.constant(577 * 1024, .1)))
                    .with(new Signal.Noted("flowcut"), Models.constant(576, 1))
                    .run(step);
            if (layer == 21) {
                assertThat(Models.kept(outcome)).hasSize(64);
            } else {
                assertThat(outcome.decision()).isInstanceOf(Decision.Unchanged.class);
            }
        }
    }

    @Test
    void lastCutInsideTheLanguageModel() {
        Plan plan = Models.plan(new FlowCut(), Models.SMALL, Budget.count(20), "llm-cut=on");
        var run = PathSimulator.run(plan, Models.SMALL, 4);
        assertThat(run.get(run.size() - 2).after().visualCount()).isEqualTo(40);
        assertThat(run.getLast().step().station()).isEqualTo(new Station.Decoder(1));
        Decision.Keep keep = (Decision.Keep) run.getLast().outcome().decision();
        assertThat(keep.indices()).hasSize(20).isSorted();
        assertThat(keep.positions()).isEqualTo(Decision.Positions.RENUMBERED);
        float[] scores = Objects.requireNonNull(run.getLast().outcome().scores());
        assertThat(keep.indices()).containsExactly(TopK.largestInOrder(scores, 20));
    }

    @Test
    void withoutClassTokenTheMeanQueryLeads() {
        Matrix queries = Matrix.of(new float[] {2, 0}, new float[] {0, 0});
        Matrix keys = Matrix.of(new float[] {1, 0}, new float[] {0, 5});
        float[] attention = FlowCutScore.meanQueryAttention(queries, keys, 1);
        double e = Math.exp(1 / Math.sqrt(2));
        assertThat((double) attention[0]).isCloseTo(e / (e + 1), offset(1e-6));
        Plan plan = Models.plan(new FlowCut(), Models.SMALL_NO_CLS, Budget.count(20));
        var run = PathSimulator.run(plan, Models.SMALL_NO_CLS, 4);
        assertThat(run.getLast().after().visualCount()).isEqualTo(20);
    }
}
