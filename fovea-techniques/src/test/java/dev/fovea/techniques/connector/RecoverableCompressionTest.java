package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecoverableCompressionTest {
    private static final RecoveryFilters CLEAN = new RecoveryFilters(20, 10, 32, 50, 0);

    /** Centre (1, 0), neighbour (0, 2) with attention .25: merged (1, .5), extra (0, .5). */
    @Test
    void mergeExample() {
        float[] attention = {.9f, .5f, .25f};
        Decision.Merge merge = CLEAN.compress(
                attention,
                new float[3],
                Matrix.of(new float[] {1, 1}, new float[] {1, 0}, new float[] {0, 2}),
                new RecoveryFilters.Counts(1, 0, 1));
        assertThat(merge.groups()).isEqualTo(3);
        assertThat(merge.members(0)).containsExactly(0);
        assertThat(merge.members(1)).containsExactly(1, 2);
        assertThat(merge.weights(1)).containsExactly(1, .25f);
        assertThat(merge.members(2)).containsExactly(2);
        assertThat(merge.weights(2)).containsExactly(.25f);
    }

    @Test
    void lengthsAndOrder() {
        Random random = new Random(4);
        float[] attention = new float[100];
        float[] affinity = new float[100];
        for (int i = 0; i < 100; i++) {
            attention[i] = random.nextFloat() * .01f;
            affinity[i] = random.nextFloat() * .01f;
        }
        Matrix keys = PathSimulator.gaussian(random, 100, 8);
        Decision.Merge merge = CLEAN.compress(attention, affinity, keys, new RecoveryFilters.Counts(7, 5, 3));
        assertThat(merge.groups()).isEqualTo(7 + 5 + 3 + 1);
        int[] main = java.util.Arrays.copyOf(merge.anchors(), 12);
        assertThat(main).isSorted().doesNotHaveDuplicates();
        for (int g = 12; g < 15; g++) {
            assertThat(merge.members(g)).hasSize(33);
            assertThat(merge.weights(g)[0]).isEqualTo(1);
        }
        assertThat(merge.members(15)).hasSize(100 - 12 - 3);
        assertThat(attention[merge.anchors()[12]]).isGreaterThanOrEqualTo(attention[merge.anchors()[13]]);
    }

    @Test
    void equalScoresFallBackToOneToken() {
        float[] equal = Models.constant(50, .02);
        RecoveryFilters.Counts counts = CLEAN.detect(equal, equal);
        assertThat(counts).isEqualTo(new RecoveryFilters.Counts(0, 0, 0));
        Decision.Merge merge = CLEAN.compress(equal, equal, new Matrix(50, 1, new float[50]), counts);
        assertThat(merge.anchors()).containsExactly(0);
    }

    @Test
    void theQuestionChangesOnlyTheRecoveredTokens() {
        float[] attention = new float[60];
        float[] question = new float[60];
        Random random = new Random(9);
        for (int i = 0; i < 60; i++) {
            attention[i] = .001f * random.nextFloat();
            question[i] = .001f * random.nextFloat();
        }
        attention[5] = .5f;
        attention[9] = .6f;
        float[] other = question.clone();
        question[20] = 1;
        question[21] = .8f;
        other[41] = 1;
        other[42] = .8f;
        int[] first = main(attention, question);
        int[] second = main(attention, other);
        assertThat(first).contains(5, 9, 20).doesNotContain(41);
        assertThat(second).contains(5, 9, 41).doesNotContain(20);
    }

    private static int[] main(float[] attention, float[] affinity) {
        RecoveryFilters.Counts counts = CLEAN.detect(attention, affinity);
        Decision.Merge merge = CLEAN.compress(
                attention,
                affinity,
                new Matrix(60, 1, new float[60]),
                new RecoveryFilters.Counts(counts.visual(), counts.text(), 0));
        return merge.anchors();
    }

    /** The released code multiplies the centre ratio with the feature width and looks keys up by place. */
    @Test
    void officialVariant() {
        float[] attention = {.9f, .2f, .1f, .1f};
        Matrix keys = Matrix.of(new float[] {0, 1}, new float[] {1, 0}, new float[] {0, 1}, new float[] {1, 0});
        RecoveryFilters official = new RecoveryFilters(20, 10, 1, 50, 1024);
        RecoveryFilters clean = new RecoveryFilters(20, 10, 1, 50, 0);
        RecoveryFilters.Counts counts = new RecoveryFilters.Counts(1, 0, 1);
        assertThat(clean.compress(attention, new float[4], keys, counts).members(1))
                .containsExactly(1, 3);
        assertThat(official.compress(attention, new float[4], keys, counts).members(1))
                .containsExactly(1, 3);
        Matrix shifted = Matrix.of(new float[] {1, 0}, new float[] {1, 0}, new float[] {0, 1}, new float[] {1, 0});
        assertThat(official.compress(attention, new float[4], shifted, counts).members(1))
                .as("place 1 among the rest has the key of patch 1")
                .containsExactly(1, 2);
        assertThat(clean.compress(attention, new float[4], shifted, counts).members(1))
                .containsExactly(1, 3);
    }

    @Test
    void countsScaleToTheBudget() {
        assertThat(new RecoveryFilters.Counts(20, 10, 10).scaledTo(41))
                .isEqualTo(new RecoveryFilters.Counts(20, 10, 10));
        assertThat(new RecoveryFilters.Counts(0, 0, 0).scaledTo(7)).isEqualTo(new RecoveryFilters.Counts(7, 0, 0));
        for (int budget = 1; budget < 60; budget++) {
            RecoveryFilters.Counts c = new RecoveryFilters.Counts(13, 5, 4).scaledTo(budget);
            assertThat(c.visual() + c.text() + c.centres() + (c.centres() > 0 ? 1 : 0))
                    .isEqualTo(budget);
        }
    }

    @Test
    void attentionAsIfThereWereOneHead() {
        Matrix keys = Matrix.of(new float[] {0, 0, 0, 0}, new float[] {2, 0, 0, 0}, new float[] {0, 0, 0, 0});
        float[] row = RecoveryFilters.singleHeadAttention(new float[] {1, 0, 0, 0}, keys);
        double e = Math.E;
        assertThat(row).containsExactly(new float[] {(float) (e / (e + 2)), (float) (1 / (e + 2))}, offset(1e-6f));
    }

    @Test
    void budgetCountIsExactWhereAsked() {
        for (var shape :
                new dev.fovea.core.shape.ModelShape[] {Models.SMALL, Models.SMALL_NO_TEXT, Models.SMALL_NO_CLS}) {
            var plan = Models.plan(new RecoverableCompression(), shape, Budget.count(30), "count=budget");
            assertThat(PathSimulator.run(plan, shape, 6).getLast().after().visualCount())
                    .isEqualTo(30);
        }
    }

    @Test
    void readsTheLastLayerAndTheTextTower() {
        Step step = Models.only(Models.plan(new RecoverableCompression(), Models.LLAVA, Budget.count(58)));
        assertThat(step.needs())
                .contains(
                        new Signal.PatchImageEmbeddings(),
                        new Signal.QuestionEmbedding(),
                        new Signal.EncoderProjection(23, Projection.QUERY),
                        new Signal.EncoderProjection(23, Projection.KEY));
        FakeSignals undeclared = FakeSignals.of(Layout.ofGrid(24, 24));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> undeclared.run(step))
                .hasMessageContaining("no value");
    }
}
