package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.Diversity;
import org.junit.jupiter.api.Test;

class TodreTest {
    private static final Matrix TOKENS = Matrix.of(
            new float[] {2, 1},
            new float[] {0, -2},
            new float[] {-1, -3},
            new float[] {-3, -3},
            new float[] {-2, 2},
            new float[] {1, 3});

    private static int[] kept(String... knobs) {
        Step step = Models.plan(new Todre(), Models.withGrid(2, 3), Budget.count(4), knobs)
                .steps()
                .getFirst();
        return Models.kept(FakeSignals.of(Layout.ofGrid(2, 3))
                .with(new Signal.Projected(), TOKENS)
                .with(
                        new Signal.EncoderAttention(23, EncoderQueries.CLS, Heads.MEAN),
                        new float[] {.3f, .1f, .1f, .1f, .1f, .1f})
                .run(step));
    }

    /** An example worked out by hand, in raster order. */
    @Test
    void diverseSubsetFromTheAttendedPivot() {
        assertThat(kept()).containsExactly(0, 1, 3, 4);
        assertThat(kept("rule=k-centre")).containsExactly(0, 3, 4, 5);
    }

    @Test
    void pivotWithoutClassToken() {
        assertThat(Diversity.byMean(TOKENS, true)).isEqualTo(3);
        assertThat(Diversity.byMean(TOKENS, false)).isIn(0, 5);
        Plan plan = Models.plan(new Todre(), Models.SMALL_NO_CLS, Budget.count(9));
        assertThat(plan.steps().getFirst().needs()).isEqualTo(java.util.List.of(new Signal.Projected()));
        assertThatThrownBy(() -> Models.plan(new Todre(), Models.SMALL_NO_CLS, Budget.count(9), "pivot=cls"))
                .hasMessageContaining("use pivot=nearest-mean");
    }

    @Test
    void checkLayers() {
        assertThat(Models.plan(new Todre(), Models.LLAVA, Budget.count(64))
                        .steps()
                        .getLast()
                        .station())
                .isEqualTo(new Station.Decoder(28));
        assertThat(Models.plan(new Todre(), Models.SMALL, Budget.count(64))
                        .steps()
                        .getLast()
                        .station())
                .isEqualTo(new Station.Decoder(5));
        assertThat(Models.plan(new Todre(), Models.LLAVA, Budget.count(64), "stages=1")
                        .steps())
                .hasSize(1);
        assertThat(Models.only(Models.plan(new Todre(), Models.LLAVA, Budget.count(64), "stages=2"))
                        .station())
                .isEqualTo(new Station.Decoder(28));
    }

    private static Outcome late(float[] textRow, float[] imageRow) {
        Step step = Models.plan(new Todre(), Models.withGrid(1, 3), Budget.count(2))
                .steps()
                .getLast();
        return FakeSignals.ofPrompt(1, 1, 3, 2)
                .with(new Signal.DecoderAttention(27, DecoderQueries.INSTRUCTION, KeyScope.ALL, true), textRow)
                .with(new Signal.DecoderAttention(27, DecoderQueries.VISUAL, KeyScope.ALL, true), imageRow)
                .run(step);
    }

    /** Mean rows of two text queries: .08 goes, .10 stays. */
    @Test
    void visualTokensGoOnceLittleAttentionFlows() {
        float[] causal = {.5f, .3f, .1f, .1f, 0, 0};
        float[] eight = {.75f, .025f, .025f, .03f, .12f, .05f};
        assertThat(late(eight, causal).decision()).isEqualTo(new Decision.DropAllVisual(Decision.Positions.ORIGINAL));
        float[] ten = {.75f, .0625f, .03125f, .03125f, .0625f, .0625f};
        assertThat(late(ten, causal).decision()).isEqualTo(new Decision.Unchanged());
        assertThat(late(eight, new float[] {.1f, .1f, .1f, .1f, .3f, .3f}).decision())
                .as("image still reads text")
                .isEqualTo(new Decision.Unchanged());
    }

    @Test
    void thresholdIsStrict() {
        Step step =
                Models.only(Models.plan(new Todre(), Models.withGrid(1, 2), Budget.count(1), "tau=0.125", "stages=2"));
        Signal.DecoderAttention fromText =
                new Signal.DecoderAttention(27, DecoderQueries.INSTRUCTION, KeyScope.ALL, true);
        Signal.DecoderAttention fromImage = new Signal.DecoderAttention(27, DecoderQueries.VISUAL, KeyScope.ALL, true);
        FakeSignals signals = FakeSignals.ofPrompt(1, 1, 2, 1).with(fromImage, new float[] {1, 0, 0, 0});
        assertThat(signals.with(fromText, new float[] {.875f, .0625f, .0625f, 0})
                        .run(step)
                        .decision())
                .isInstanceOf(Decision.Unchanged.class);
        assertThat(signals.with(fromText, new float[] {.890625f, .0625f, .046875f, 0})
                        .run(step)
                        .decision())
                .isInstanceOf(Decision.DropAllVisual.class);
    }
}
