package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plans;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.Diversity;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Worked by hand from the paper's rule: unit vectors at 0, 10, 50, 100 and 180 degrees. */
class DivPruneTest {
    private static final Matrix TOKENS = angles(0, 10, 50, 100, 180);

    private static Matrix angles(double... degrees) {
        float[][] rows = new float[degrees.length][];
        for (int i = 0; i < rows.length; i++) {
            double a = Math.toRadians(degrees[i]);
            rows[i] = new float[] {(float) Math.cos(a), (float) Math.sin(a)};
        }
        return Matrix.of(rows);
    }

    /** Distances to the nearest neighbour .0152 .0152 .2340 .3572 .8264, so 4 is first; then 0, 3 and 2. */
    @Test
    void workedExample() {
        assertThat(Diversity.maxMin(TOKENS, 4)).containsExactly(4, 0, 3, 2);
        assertThat(smallestDistance(4, 0)).isEqualTo(2.0, offset(1e-4));
        assertThat(smallestDistance(4, 0, 3)).isEqualTo(0.8264, offset(1e-4));
        assertThat(smallestDistance(4, 0, 3, 2)).isEqualTo(0.3572, offset(1e-4));
    }

    private static double smallestDistance(int... chosen) {
        double least = Double.POSITIVE_INFINITY;
        for (int a : chosen) {
            for (int b : chosen) {
                if (a != b) {
                    least = Math.min(least, 1 - Vectors.cosine(TOKENS.row(a), TOKENS.row(b)));
                }
            }
        }
        return least;
    }

    @Test
    void lengthsDoNotMatter() {
        float[] factors = {1, 5, 2, 0.5f, 3};
        float[][] scaled = new float[5][2];
        for (int i = 0; i < 5; i++) {
            for (int c = 0; c < 2; c++) {
                scaled[i][c] = TOKENS.get(i, c) * factors[i];
            }
        }
        assertThat(Diversity.maxMin(Matrix.of(scaled), 4)).containsExactly(4, 0, 3, 2);
    }

    /** The released code would take tokens 0 and 0 again here and feed them twice. */
    @Test
    void duplicatesAreNotTakenTwice() {
        float[] x = {1, 0};
        float[] y = {0, 1};
        assertThat(Diversity.maxMin(Matrix.of(x, x, y, y, x), 4)).containsExactly(0, 2, 1, 3);
    }

    @Test
    void choicesAreNestedAndAsIfRecomputed() {
        Matrix tokens = PathSimulator.gaussian(new Random(3), 40, 6);
        int[] all = Diversity.maxMin(tokens, 40);
        for (int k = 1; k < 40; k++) {
            assertThat(Diversity.maxMin(tokens, k)).containsExactly(Arrays.copyOf(all, k));
        }
        for (int k = 1; k < 39; k++) {
            assertThat(all[k]).isEqualTo(farthest(tokens, Arrays.copyOf(all, k)));
        }
    }

    private static int farthest(Matrix tokens, int[] chosen) {
        int best = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int v = 0; v < tokens.rows(); v++) {
            double nearest = Double.POSITIVE_INFINITY;
            for (int c : chosen) {
                nearest = Math.min(nearest, 1 - Vectors.cosine(tokens.row(v), tokens.row(c)));
            }
            if (nearest > most + 1e-9 && Arrays.stream(chosen).noneMatch(Integer.valueOf(v)::equals)) {
                most = nearest;
                best = v;
            }
        }
        return best;
    }

    @Test
    void theQuestionPlaysNoPart() {
        var plan = Models.plan(new DivPrune(), Models.SMALL, Budget.share(0.098));
        assertThat(Plans.looksAtQuestion(plan)).isFalse();
        assertThat(Models.only(plan).needs()).containsExactly(new Signal.Projected());
    }

    @Test
    void counts() {
        assertThat(Budget.share(0.098).of(576)).isEqualTo(56);
        assertThat(Budget.share(0.098).of(2340)).isEqualTo(229);
        Matrix tokens = PathSimulator.gaussian(new Random(4), 144, 8);
        var step = Models.only(Models.plan(new DivPrune(), Models.SMALL, Budget.share(0.1111)));
        var outcome = FakeSignals.of(Layout.ofGrid(12, 12))
                .with(new Signal.Projected(), tokens)
                .run(step);
        assertThat(Models.kept(outcome)).hasSize(16).isSorted();
    }
}
