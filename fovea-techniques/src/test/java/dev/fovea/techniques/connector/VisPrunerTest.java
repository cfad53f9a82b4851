package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
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

/** Worked examples: twelve patches at these angles, with these attentions, two removed in a round. */
class VisPrunerTest {
    private static final float[] ATTENTION = {.05f, .11f, .02f, .09f, .07f, .13f, .01f, .12f, .06f, .10f, .04f, .08f};
    private static final int[] DEGREES = {0, 17, 203, 41, 98, 59, 251, 133, 172, 26, 299, 47};

    private static Matrix features() {
        float[][] rows = new float[DEGREES.length][];
        for (int i = 0; i < rows.length; i++) {
            double a = Math.toRadians(DEGREES[i]);
            rows[i] = new float[] {(float) Math.cos(a), (float) Math.sin(a)};
        }
        return Matrix.of(rows);
    }

    private static int[] choose(int important, int removed) {
        return VisPruner.choose(ATTENTION, features(), 8, important, removed);
    }

    private static int[] sorted(int[] kept) {
        int[] out = kept.clone();
        Arrays.sort(out);
        return out;
    }

    /** The order of what is left after a round decides how the next one pairs. */
    @Test
    void halfImportant() {
        assertThat(choose(4, 2)).containsExactly(5, 7, 1, 9, 0, 4, 8, 6);
    }

    @Test
    void noneImportant() {
        assertThat(sorted(choose(0, 2))).containsExactly(0, 4, 5, 6, 7, 8, 9, 10);
    }

    @Test
    void allImportant() {
        assertThat(choose(8, 2)).containsExactly(TopK.largest(ATTENTION, 8));
    }

    @Test
    void howManyGoInARoundMatters() {
        assertThat(sorted(choose(4, 1))).containsExactly(0, 1, 2, 4, 5, 7, 9, 10);
        assertThat(sorted(choose(4, 4))).containsExactly(1, 5, 6, 7, 8, 9, 10, 11);
        assertThat(sorted(choose(4, 8))).containsExactly(1, 5, 6, 7, 8, 9, 10, 11);
    }

    /** Numbers that a formula gives; the final list and the kept set as the released code has them. */
    @Test
    void sixtyFourTokens() {
        int[] kept = VisPruner.choose(formulaAttention(64, 2080), formulaFeatures(64), 24, 12, 8);
        assertThat(Arrays.copyOfRange(kept, 12, 24)).containsExactly(55, 7, 18, 56, 33, 26, 20, 39, 14, 45, 32, 0);
        assertThat(sorted(kept))
                .containsExactly(
                        0, 5, 7, 12, 14, 17, 18, 19, 20, 24, 26, 31, 32, 33, 36, 38, 39, 43, 45, 50, 55, 56, 57, 62);
    }

    private static float[] formulaAttention(int n, int divisor) {
        float[] attention = new float[n];
        for (int i = 0; i < n; i++) {
            attention[i] = (37 * i % n + 1) / (float) divisor;
        }
        return attention;
    }

    private static Matrix formulaFeatures(int n) {
        float[][] rows = new float[n][];
        for (int i = 0; i < n; i++) {
            rows[i] = new float[] {
                (float) Math.cos(0.7 * i),
                (float) Math.sin(0.7 * i),
                (float) Math.cos(0.013 * i * i),
                (float) (0.3 + 0.1 * (i % 5))
            };
        }
        return Matrix.of(rows);
    }

    /** Lists of odd length and rounds that would take more than half: the released code stops with an error here. */
    @ParameterizedTest
    @CsvSource({"58, 0.5", "4, 0.0", "3, 0.5", "5, 0.2", "575, 0.5", "1, 0.0", "1, 1.0"})
    void everyCountCanBeMet(int count, double share) {
        int[] kept =
                VisPruner.choose(formulaAttention(576, 166176), formulaFeatures(576), count, (int) (count * share), 8);
        assertThat(kept).hasSize(count).doesNotHaveDuplicates();
    }

    @Test
    void aShareOfTheBudgetIsImportant() {
        Step step = Models.only(
                Models.plan(new VisPruner(), Models.withGrid(3, 4), Budget.count(8), "important=0.5", "removed=2"));
        var outcome = FakeSignals.of(Layout.ofGrid(3, 4))
                .with((Signal.EncoderAttention) step.needs().getFirst(), ATTENTION)
                .with(new Signal.Features(), features())
                .run(step);
        assertThat(Models.kept(outcome)).containsExactly(0, 1, 4, 5, 6, 7, 8, 9);
        assertThat(outcome.scores()).isEqualTo(ATTENTION);
    }
}
