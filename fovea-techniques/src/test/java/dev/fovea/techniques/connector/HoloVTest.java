package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.TopK;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HoloVTest {
    private static final Matrix TOKENS = Matrix.of(
            new float[] {1, 0},
            new float[] {1, 0},
            new float[] {.8f, .6f},
            new float[] {0, 1},
            new float[] {1, 0},
            new float[] {1, 0},
            new float[] {1, 0},
            new float[] {.6f, .8f});
    private static final float[] A = {.05f, .10f, .02f, .03f, .02f, .01f, .01f, .01f};

    private static Outcome run(int count, Matrix tokens, float[] attention, String... knobs) {
        Step step = Models.only(Models.plan(new HoloV(), Models.withGrid(2, 4), Budget.count(count), knobs));
        return FakeSignals.of(Layout.ofGrid(2, 4))
                .with(new Signal.Projected(), tokens)
                .with(new Signal.EncoderAttention(22, EncoderQueries.CLS, Heads.MEAN), attention)
                .run(step);
    }

    private static int[] kept(int count, String... knobs) {
        return Models.kept(run(count, TOKENS, A, knobs));
    }

    /** An example worked out by hand. */
    @Test
    void scoresAndQuotas() {
        HoloVCrops crops = HoloVCrops.of(TOKENS, A, 2, 0.09);
        assertThat(Arrays.copyOf(crops.scores(), 4))
                .containsExactly(new float[] {56.169f, 106.169f, 23.785f, 31.877f}, offset(2e-3f));
        assertThat(crops.cropScores()).containsExactly(new double[] {54.5, 13.625}, offset(1e-3));
        assertThat(crops.weights(1)).containsExactly(new double[] {.8, .2}, offset(1e-5));
        assertThat(kept(3, "crops=2")).containsExactly(1, 0, 3);
        assertThat(kept(5, "crops=2")).containsExactly(0, 1, 2, 3, 4);
        assertThat(kept(6, "crops=2")).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void officialOverflowFillsWithZeroVectors() {
        Decision.Merge merge = (Decision.Merge)
                run(6, TOKENS, A, "crops=2", "overflow=official").decision();
        assertThat(merge.groups()).isEqualTo(6);
        assertThat(merge.anchors()).containsExactly(0, 1, 2, 3, 4, -1);
        assertThat(merge.members(5)).isEmpty();
    }

    @Test
    void oneCropIsPlainTopAttention() {
        assertThat(kept(4, "crops=1")).containsExactly(TopK.largest(A, 4));
    }

    @Test
    void rasterOrderOnRequest() {
        assertThat(kept(3, "crops=2", "order=raster")).containsExactly(0, 1, 3);
    }

    @Test
    void everythingKeptIsUnchanged() {
        assertThat(HoloVCrops.quotas(new double[] {.8, .2}, 8)).containsExactly(7, 1);
        int[] quotas = {7, 1};
        HoloVCrops.redistribute(quotas, new double[] {.8, .2}, new int[] {4, 4}, 8);
        assertThat(quotas).containsExactly(4, 4);
    }

    @Test
    void identicalTokensRankByAttention() {
        Matrix same = new Matrix(8, 1, Models.constant(8, 2));
        HoloVCrops crops = HoloVCrops.of(same, A, 1, 0.09);
        assertThat(TopK.descending(crops.scores())).containsExactly(TopK.descending(A));
        assertThat(Models.kept(run(3, same, A, "crops=1", "select=score"))).containsExactly(TopK.largest(A, 3));
    }

    @Test
    void invariantToScale() {
        float[] bigger = new float[16];
        float[] more = new float[8];
        for (int i = 0; i < 16; i++) {
            bigger[i] = 50 * TOKENS.data()[i];
        }
        for (int i = 0; i < 8; i++) {
            more[i] = 3 * A[i];
        }
        assertThat(Models.kept(run(3, new Matrix(8, 2, bigger), A, "crops=2"))).containsExactly(1, 0, 3);
        assertThat(Models.kept(run(3, TOKENS, more, "crops=2"))).containsExactly(1, 0, 3);
    }

    @Test
    void asManyCropsAsTokens() {
        assertThat(kept(4, "crops=8")).isSorted().hasSize(4);
    }
}
