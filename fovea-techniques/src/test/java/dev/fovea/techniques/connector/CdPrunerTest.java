package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plans;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.DeterminantalSubset;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Worked examples: five projected tokens and their cosines with the question. */
class CdPrunerTest {
    private static final Matrix TOKENS = Matrix.of(
            new float[] {1, 0, 0, 0},
            new float[] {.9f, .1f, 0, .1f},
            new float[] {0, 1, 0, 0},
            new float[] {.5f, .5f, .7f, 0},
            new float[] {0, .2f, 1, .3f});
    private static final float[] COSINES = {.10f, .12f, .20f, .18f, .14f};
    private static final ConditionalKernel PRODUCT = new ConditionalKernel("product", 0.5);

    private static int[] choose(boolean negated, ConditionalKernel kernel, int count) {
        return kernel.choose(TOKENS, QuestionRelevance.of(COSINES, negated), count);
    }

    @Test
    void relevanceRunsFromLowestToHighest() {
        assertThat(QuestionRelevance.of(COSINES, true))
                .containsExactly(new float[] {1, .8f, 0, .2f, .6f}, offset(1e-4f));
        assertThat(QuestionRelevance.of(COSINES, false))
                .containsExactly(new float[] {0, .2f, 1, .8f, .4f}, offset(1e-4f));
        assertThat(QuestionRelevance.of(new float[] {.3f, .3f}, true)).containsExactly(1, 1);
    }

    @Test
    void theOfficialKernel() {
        assertThat(choose(true, PRODUCT, 4)).containsExactly(0, 4, 1, 3);
    }

    @Test
    void theSignIsWhatTheModelNeeds() {
        assertThat(choose(false, PRODUCT, 3)).containsExactly(2, 3, 4);
    }

    @Test
    void withoutRelevanceOnlyDiversityCounts() {
        float[][] cosines = new float[5][5];
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < 5; j++) {
                // Rounding must not decide between gains that are all 1.
                cosines[i][j] = i == j ? 1 : Vectors.cosine(TOKENS.row(i), TOKENS.row(j));
            }
        }
        assertThat(DeterminantalSubset.greedy(Matrix.of(cosines), 3)).containsExactly(0, 2, 4);
    }

    @Test
    void theOtherKernels() {
        assertThat(choose(true, new ConditionalKernel("exp", 0.5), 3)).containsExactly(0, 4, 2);
        assertThat(choose(true, new ConditionalKernel("blend", 0.5), 3)).containsExactly(0, 4, 2);
        assertThat(Math.sqrt(new ConditionalKernel("exp", 0.5).weight(1, 1))).isEqualTo(1.6487, offset(1e-4));
    }

    /** Three equal directions leave nothing to gain after two: the most relevant one fills the budget. */
    @Test
    void anExhaustedKernelIsFilledUpByRelevance() {
        Matrix tokens = Matrix.of(new float[] {1, 0}, new float[] {1, 0}, new float[] {0, 1}, new float[] {1, 0});
        assertThat(PRODUCT.choose(tokens, new float[] {1, .3f, .5f, .8f}, 3)).containsExactly(0, 2, 3);
        Matrix kernel = Matrix.of(new float[] {1, .8f, 0}, new float[] {.8f, .64f, 0}, new float[] {0, 0, .25f});
        assertThat(DeterminantalSubset.greedy(kernel, 3)).containsExactly(0, 2);
    }

    /** Every choice multiplies the determinant by its gain, and gains never grow. */
    @Test
    void gainsAreFactorsOfTheDeterminant() {
        Matrix tokens = PathSimulator.gaussian(new Random(5), 12, 20);
        float[][] kernel = new float[12][12];
        for (int i = 0; i < 12; i++) {
            for (int j = 0; j < 12; j++) {
                kernel[i][j] = Vectors.dot(tokens, i, tokens, j) / 20;
            }
        }
        int[] order = DeterminantalSubset.greedy(Matrix.of(kernel), 12);
        assertThat(order).hasSize(12).doesNotHaveDuplicates();
        double before = 1;
        double lastGain = Double.POSITIVE_INFINITY;
        for (int k = 1; k <= 12; k++) {
            double now = determinant(kernel, Arrays.copyOf(order, k));
            assertThat(now / before).isPositive().isLessThanOrEqualTo(lastGain + 1e-4);
            for (int other = 0; k < 12 && other < 12; other++) {
                int[] instead = Arrays.copyOf(order, k);
                instead[k - 1] = other;
                assertThat(determinant(kernel, instead)).isLessThanOrEqualTo(now + 1e-4);
            }
            lastGain = now / before;
            before = now;
        }
    }

    private static double determinant(float[][] kernel, int[] chosen) {
        int n = chosen.length;
        double[][] a = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                a[i][j] = kernel[chosen[i]][chosen[j]];
            }
        }
        double determinant = 1;
        for (int p = 0; p < n; p++) {
            determinant *= a[p][p];
            for (int i = p + 1; i < n; i++) {
                double factor = a[i][p] / a[p][p];
                for (int j = p; j < n; j++) {
                    a[i][j] -= factor * a[p][j];
                }
            }
        }
        return Double.isNaN(determinant) ? 0 : determinant;
    }

    @Test
    void severalPiecesOfTheQuestionAreAveraged() {
        Matrix tokens = Matrix.of(new float[] {1, 0}, new float[] {3, 4});
        Matrix pieces = Matrix.of(new float[] {2, 0}, new float[] {0, 1});
        assertThat(QuestionRelevance.meanCosines(tokens, pieces))
                .containsExactly(new float[] {.5f, .7f}, offset(1e-6f));
    }

    @Test
    void withATextTowerTheFeaturesMeetTheQuestionThere() {
        Step step = Models.only(Models.plan(new CdPruner(), Models.SMALL, Budget.count(20)));
        assertThat(step.station()).isEqualTo(new Station.Projector());
        assertThat(step.needs())
                .containsExactly(
                        new Signal.Projected(), new Signal.FeatureImageEmbeddings(), new Signal.QuestionPieces());
        assertThat(Plans.looksAtQuestion(Models.plan(new CdPruner(), Models.SMALL, Budget.count(20))))
                .isTrue();
    }

    /** Without one they meet in the language model, where a high cosine is what marks a relevant token. */
    @Test
    void withoutATextTowerTheSignIsTheOther() {
        Step step = Models.only(Models.plan(new CdPruner(), Models.SMALL_NO_TEXT, Budget.count(20)));
        assertThat(step.needs()).containsExactly(new Signal.Projected(), new Signal.QuestionTokensMean());
        Matrix tokens = PathSimulator.gaussian(new Random(6), 144, 16);
        var outcome = FakeSignals.of(Layout.ofGrid(12, 12))
                .with(new Signal.Projected(), tokens)
                .with(new Signal.QuestionTokensMean(), tokens.row(77))
                .run(step);
        assertThat(Models.kept(outcome)).hasSize(20).isSorted().contains(77);
        assertThat(Objects.requireNonNull(outcome.scores())[77]).isEqualTo(1, offset(1e-4f));
    }
}
