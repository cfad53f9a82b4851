package dev.fovea.techniques.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaselinesTest {
    @Test
    void fullHasNoSteps() {
        assertThat(Models.plan(new Full(), Models.LLAVA, Budget.count(3)).steps())
                .isEmpty();
    }

    @Test
    void randomDependsOnThePictureAndTheSeed() {
        Step step = Models.only(Models.plan(new RandomTokens(), Models.SMALL, Budget.count(20)));
        int[] first = keptOf(step, 1);
        assertThat(first).hasSize(20).isSorted().doesNotHaveDuplicates();
        assertThat(keptOf(step, 1)).containsExactly(first);
        assertThat(keptOf(step, 2)).isNotEqualTo(first);
        Step other = Models.only(Models.plan(new RandomTokens(), Models.SMALL, Budget.count(20), "seed=9"));
        assertThat(keptOf(other, 1)).isNotEqualTo(first);
    }

    @Test
    void randomCanBeTheSameForEveryPicture() {
        Step step = Models.only(Models.plan(new RandomTokens(), Models.SMALL, Budget.count(20), "vary=never"));
        assertThat(step.needs()).isEmpty();
        FakeSignals signals = FakeSignals.of(Layout.ofGrid(12, 12));
        assertThat(Models.kept(signals.run(step))).hasSize(20);
    }

    private static int[] keptOf(Step step, long picture) {
        Random random = new Random(picture);
        float[] pixels = new float[144 * 12];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextInt(256);
        }
        FakeSignals signals =
                FakeSignals.of(Layout.ofGrid(12, 12)).with(new Signal.PatchPixels(), new Matrix(144, 12, pixels));
        return Models.kept(signals.run(step));
    }

    @Test
    void gridKeepsExactlyTheBudget() {
        for (int budget : new int[] {1, 7, 16, 64, 100, 143}) {
            Step step = Models.only(Models.plan(new Grid(), Models.SMALL, Budget.count(budget)));
            int[] kept = Models.kept(FakeSignals.of(Layout.ofGrid(12, 12)).run(step));
            assertThat(kept).hasSize(budget).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    void gridWithStride() {
        Step step = Models.only(Models.plan(new Grid(), Models.withGrid(4, 4), Budget.full(), "stride=3"));
        assertThat(Models.kept(FakeSignals.of(Layout.ofGrid(4, 4)).run(step))).containsExactly(0, 3, 12, 15);
    }

    @Test
    void gridRefusesAPrunedPicture() {
        Step step = Models.only(Models.plan(new Grid(), Models.withGrid(4, 4), Budget.count(4)));
        Layout pruned = new Layout(3, new int[] {0, 1, 2}, new int[] {1, 2, 3}, 4, 4, 1, 16);
        assertThatThrownBy(() -> FakeSignals.of(pruned).run(step))
                .hasMessageContaining("'grid' needs the whole grid of 4 x 4 tokens")
                .hasMessageContaining("left 3");
    }

    /** The kernel sizes of the Matryoshka scales. */
    @ParameterizedTest
    @CsvSource({"576,1", "144,2", "36,4", "9,8", "1,24", "100,2", "256,1", "64,3"})
    void officialKernels(int tokens, int kernel) {
        assertThat(tokensAfter(24, Budget.count(tokens), "rule=official")).isEqualTo((24 / kernel) * (24 / kernel));
    }

    @ParameterizedTest
    @CsvSource({"256,256", "255,64", "128,64", "64,64", "63,16", "16,16", "15,4", "4,4", "3,1", "1,1"})
    void fittingKernelsNeverExceedTheBudget(int budget, int tokens) {
        assertThat(tokensAfter(16, Budget.count(budget))).isEqualTo(tokens);
    }

    private static int tokensAfter(int grid, Budget budget, String... knobs) {
        var plan = Models.plan(new Pool(), Models.withGrid(grid, grid), budget, knobs);
        if (plan.steps().isEmpty()) {
            return grid * grid;
        }
        var outcome = FakeSignals.of(Layout.ofGrid(grid, grid)).run(Models.only(plan));
        return ((Decision.Merge) outcome.decision()).groups();
    }

    @Test
    void poolAveragesBlocksOfProjectedTokens() {
        Step step = Models.only(Models.plan(new Pool(), Models.withGrid(4, 4), Budget.count(4)));
        assertThat(step.station()).isEqualTo(new Station.Projector());
        Decision.Merge merge =
                (Decision.Merge) FakeSignals.of(Layout.ofGrid(4, 4)).run(step).decision();
        assertThat(merge.anchors()).containsExactly(0, 2, 8, 10);
        assertThat(merge.members(3)).containsExactly(10, 11, 14, 15);
        assertThat(merge.weights(3)).containsOnly(.25f);
    }

    @Test
    void poolRefusesAKernelLargerThanTheGrid() {
        assertThatThrownBy(() -> Models.plan(new Pool(), Models.withGrid(4, 4), Budget.full(), "kernel=5"))
                .hasMessageContaining("must be in 1..4")
                .hasMessageContaining("got 5");
    }
}
