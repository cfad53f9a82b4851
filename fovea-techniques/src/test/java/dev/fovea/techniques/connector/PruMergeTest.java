package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.TopK;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The worked example of 36 patches, and the counts at the published size. */
class PruMergeTest {
    private static final int N = 36;
    private static final float[] ATTENTION = attention();
    private static final Matrix KEYS = keys();

    private static float[] attention() {
        float[] s = new float[N];
        for (int i = 0; i < N; i++) {
            s[i] = (10 + 7 * i % 5) / 1000f;
        }
        s[8] = .15f;
        s[29] = .12f;
        s[14] = .09f;
        return s;
    }

    private static Matrix keys() {
        float[][] k = new float[N][];
        for (int i = 0; i < N; i++) {
            double angle = Math.toRadians(3.7 * i * i + 11 * i);
            k[i] = new float[] {(float) Math.cos(angle), (float) Math.sin(angle)};
        }
        return Matrix.of(k);
    }

    private static PickedPatches rule(boolean plus) {
        return new PickedPatches(plus, 1.5, 3);
    }

    private static float[] token(Decision.Merge merge, int group) {
        float[] sum = new float[2];
        for (int m = 0; m < merge.members(group).length; m++) {
            int i = merge.members(group)[m];
            sum[0] += merge.weights(group)[m] * (i + 1);
            sum[1] += merge.weights(group)[m] * (i % 2 == 0 ? 1 : -1);
        }
        return sum;
    }

    @Test
    void outliersTakeTheirNearest() {
        int[] picked = rule(false).adaptive(ATTENTION);
        assertThat(picked).containsExactly(8, 29, 14);
        Decision.Merge merge = rule(false).merge(ATTENTION, KEYS, picked);
        assertThat(merge.groups()).isEqualTo(4);
        assertThat(merge.anchors()).containsExactly(8, 29, 14, Decision.CLS);
        assertThat(merge.members(0)).containsExactly(8, 28, 34, 18);
        assertThat(merge.members(1)).containsExactly(29, 6, 32, 17);
        assertThat(merge.members(2)).containsExactly(14, 5, 17, 32);
        assertThat(token(merge, 0)).containsExactly(new float[] {9.9830f, 1.0350f}, offset(1e-4f));
        assertThat(token(merge, 1)).containsExactly(new float[] {30.7980f, -.9880f}, offset(1e-4f));
        assertThat(token(merge, 2)).containsExactly(new float[] {15.7740f, .9900f}, offset(1e-4f));
        assertThat(token(merge, 3)).containsExactly(new float[] {7.2710f, -.0070f}, offset(1e-4f));
    }

    @Test
    void plusAddsARegularStride() {
        int[] picked = rule(true).adaptive(ATTENTION);
        assertThat(picked).containsExactly(8, 29, 14, 0, 4, 12, 16, 20, 24, 28, 32);
        Decision.Merge merge = rule(true).merge(ATTENTION, KEYS, picked);
        assertThat(merge.groups()).isEqualTo(12);
        assertThat(merge.members(0))
                .as("28 is picked itself, and goes in all the same")
                .containsExactly(8, 28, 34, 18);
        assertThat(token(merge, 0)).containsExactly(new float[] {9.9830f, 1.0350f}, offset(1e-4f));
        assertThat(merge.members(3)).containsExactly(0, 1, 34, 28);
        assertThat(token(merge, 3)).containsExactly(new float[] {1.7980f, 1.0120f}, offset(1e-4f));
        assertThat(token(merge, 11)).containsExactly(new float[] {5.4940f, -.1040f}, offset(1e-4f));
    }

    @Test
    void budgetsCutTheRegularPlacesFromBelow() {
        assertThat(rule(true).ofBudget(ATTENTION, 9)).containsExactly(8, 29, 14, 0, 4, 12, 16, 20, 24);
        assertThat(rule(true).ofBudget(ATTENTION, 2)).containsExactly(8, 29);
        assertThat(rule(false).ofBudget(ATTENTION, 2)).containsExactly(8, 29);
        assertThat(rule(false).ofBudget(ATTENTION, 5)).hasSize(5);
        for (int count = 1; count <= N; count++) {
            assertThat(rule(true).ofBudget(ATTENTION, count)).hasSize(count).doesNotHaveDuplicates();
        }
    }

    @Test
    void theFixedFormPicksTwiceWhereItsPlacesMeet() {
        float[] falling = new float[576];
        for (int i = 0; i < falling.length; i++) {
            falling[i] = 1f / (1 + i);
        }
        int[] picked = rule(true).fixed(falling);
        assertThat(picked).hasSize(144).startsWith(0, 1, 2).endsWith(564, 572);
        assertThat(IntStream.of(picked).distinct().count()).isEqualTo(135);
        Decision.Merge merge = rule(true).merge(falling, new Matrix(576, 1, Models.constant(576, 1)), picked);
        assertThat(merge.groups()).isEqualTo(145);
        assertThat(IntStream.of(merge.anchors()).filter(a -> a == Decision.CLS).count())
                .as("the second of each pair, and the rest")
                .isEqualTo(10);
        assertThat(merge.members(144)).containsExactly(TopK.others(576, picked));
    }

    @Test
    void stridesAtThePublishedSize() {
        int[][] table = {{13, 42}, {18, 58}, {32, 96}, {40, 144}, {72, 288}, {100, 575}};
        for (int[] row : table) {
            float[] attention = Models.constant(576, 0.001);
            for (int i = 0; i < row[0]; i++) {
                attention[575 - i] = 0.1f + i;
            }
            int regular = 0;
            for (int p : rule(true).adaptive(attention)) {
                regular += attention[p] < 0.1f ? 1 : 0;
            }
            int among = 0;
            int stride = Math.max(1, (int) ((int) (1 / (row[0] / 576.0)) / 3.0));
            for (int place = 0; place < 575; place += stride) {
                among += attention[place] >= 0.1f ? 1 : 0;
            }
            assertThat(regular + among).as("%d outliers", row[0]).isEqualTo(row[1]);
        }
    }

    @Test
    void flatAttentionLeavesOneTokenOrEveryEighth() {
        float[] flat = Models.constant(N, 0.02);
        assertThat(rule(false).adaptive(flat)).isEmpty();
        Decision.Merge merge = rule(false).merge(flat, KEYS, new int[0]);
        assertThat(merge.groups()).isEqualTo(1);
        assertThat(merge.members(0)).hasSize(N);
        assertThat(rule(true).adaptive(flat)).containsExactly(4, 12, 20, 28);
    }

    @Test
    void theHeadsAreTakenAsOne() {
        Matrix keys = Matrix.of(
                new float[] {0, 0, 0, 0}, new float[] {3, 0, 0, 0}, new float[] {0, 0, 3, 3}, new float[] {1, 0, 1, .5f
                });
        float[] patches = RecoveryFilters.singleHeadAttention(new float[] {3, 0, 1, 1}, keys);
        assertThat(patches).containsExactly(new float[] {.7465f, .1666f, .0787f}, offset(1e-4f));
    }
}
