package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked example: seven patches in a row, two heads. */
class VisionZipTest {
    private static final ModelShape TINY = Models.shape(1, 7, true, 3, 2, 4, 2, false, 2, 8, 2, 2);

    /** Sums of the two heads' rows. */
    private static final float[] ATTENTION = {.18f, .40f, .12f, .27f, .25f, .09f, .29f};

    /** The mean over heads is in the first two columns of each head; the class token's row is not looked at. */
    private static final float[][] KEYS = {
        {9, 9}, {1, .1f}, {7, 7}, {.9f, .1f}, {7, 7}, {.5f, .6f}, {.1f, 1}, {7, 7},
    };

    private static final float[][] FEATURES = {{1, 1}, {2, 0}, {3, 1}, {0, 4}, {5, 5}, {1, 2}, {2, 6}};

    private static Decision.Merge decide(ModelShape shape, int count, int contextual, String... more) {
        String[] knobs = Arrays.copyOf(more, more.length + 1);
        knobs[more.length] = "contextual=" + (double) contextual / count;
        float[][] keys = new float[8][4];
        for (int t = 0; t < 8; t++) {
            // Two heads whose mean is wanted.
            keys[t] = new float[] {KEYS[t][0] + 1, KEYS[t][1] - 2, KEYS[t][0] - 1, KEYS[t][1] + 2};
        }
        EncoderQueries queries = shape.hasCls() ? EncoderQueries.CLS : EncoderQueries.PATCHES;
        int layer = shape.featureLayers() - 1;
        return (Decision.Merge) FakeSignals.of(Layout.ofGrid(1, 7))
                .with(new Signal.EncoderAttention(layer, queries, Heads.SUM), ATTENTION)
                .with(
                        new Signal.EncoderProjection(layer, Signal.Projection.KEY),
                        Matrix.of(shape.hasCls() ? keys : Arrays.copyOfRange(keys, 1, 8)))
                .run(Models.only(Models.plan(new VisionZip(), shape, Budget.count(count), knobs)))
                .decision();
    }

    private static float[] token(Decision.Merge merge, int group) {
        float[] sum = new float[2];
        for (int k = 0; k < merge.members(group).length; k++) {
            float[] feature = FEATURES[merge.members(group)[k]];
            sum[0] += merge.weights(group)[k] * feature[0];
            sum[1] += merge.weights(group)[k] * feature[1];
        }
        return sum;
    }

    @Test
    void theClassTokenThenTheDominantThenTheContextualTokens() {
        Decision.Merge merge = decide(TINY, 6, 2);
        assertThat(merge.groups()).isEqualTo(6);
        assertThat(merge.members(0)).containsExactly(Decision.CLS);
        assertThat(merge.anchors()).containsExactly(Decision.CLS, 1, 3, 6, 0, 4);
        assertThat(merge.members(4)).containsExactly(0, 2);
        assertThat(token(merge, 4)).containsExactly(new float[] {4, 2}, offset(1e-6f));
        assertThat(merge.members(5)).containsExactly(4, 5);
        assertThat(token(merge, 5)).containsExactly(new float[] {6, 7}, offset(1e-6f));
    }

    @Test
    void oneTargetTakesAllOthers() {
        Decision.Merge merge = decide(TINY, 5, 1);
        assertThat(token(merge, 4)).containsExactly(new float[] {4, 3.6666667f}, offset(1e-5f));
    }

    @Test
    void aTargetThatNothingJoinsStaysAsItIs() {
        // Rest 0, 2, 4, 5: three targets, and 5 joins 4.
        Decision.Merge merge = decide(Models.shape(1, 7, true, 3, 2, 4, 2, false, 2, 8, 2, 2), 6, 3, "cls=off");
        assertThat(merge.anchors()).containsExactly(1, 3, 6, 0, 2, 4);
        assertThat(token(merge, 3)).containsExactly(1, 1);
        assertThat(token(merge, 4)).containsExactly(3, 1);
        assertThat(token(merge, 5)).containsExactly(6, 7);
    }

    /** With the class token's place gone to a patch. */
    @Test
    void encodersWithoutAClassTokenHaveNoneToPassOn() {
        ModelShape noCls = Models.shape(1, 7, false, 2, 2, 4, 2, false, 2, 8, 2, 2);
        Decision.Merge merge = decide(noCls, 6, 2);
        assertThat(merge.anchors()).startsWith(1, 3, 4, 6).hasSize(6);
        assertThat(merge.members()).doesNotContain(Decision.CLS);
    }

    @ParameterizedTest
    @CsvSource({"192, 30", "128, 20", "64, 10", "32, 5", "1, 0", "2, 0", "4, 1"})
    void theDefaultShareGivesTheAuthorsSplit(int count, int contextual) {
        assertThat(Math.min((int) Math.round(0.15625 * count), count - 1)).isEqualTo(contextual);
        float[] attention = new float[576];
        float[] keys = new float[577 * 1024];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (float) Math.sin(i * 0.37 + Math.floorDiv(i, 1024));
        }
        for (int i = 0; i < 576; i++) {
            attention[i] = (float) Math.abs(Math.cos(i));
        }
        Decision.Merge merge = (Decision.Merge) FakeSignals.of(Layout.ofGrid(24, 24))
                .with(new Signal.EncoderAttention(22, EncoderQueries.CLS, Heads.SUM), attention)
                .with(new Signal.EncoderProjection(22, Signal.Projection.KEY), new Matrix(577, 1024, keys))
                .run(Models.only(Models.plan(new VisionZip(), Models.LLAVA, Budget.count(count))))
                .decision();
        assertThat(merge.groups()).isEqualTo(count);
        int[] anchors = merge.anchors();
        int dominant = count - contextual;
        assertThat(Arrays.copyOfRange(anchors, 0, dominant)).isSorted();
        if (contextual > 0) {
            // The targets stand at regular places among the rest, from its beginning.
            int step = (577 - dominant) / contextual;
            assertThat(step).isEqualTo(count == 192 ? 13 : count == 128 ? 23 : count == 64 ? 52 : step);
            // Every patch is in exactly one token.
            int[] all =
                    Arrays.stream(merge.members()).filter(m -> m >= 0).sorted().toArray();
            assertThat(all).hasSize(576).doesNotHaveDuplicates();
        }
    }
}
