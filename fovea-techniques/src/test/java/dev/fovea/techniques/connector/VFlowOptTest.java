package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.Entropy;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class VFlowOptTest {
    private static final ModelShape ONE_VISION = Models.shape(27, 27, false, 26, 26, 8, 1, false, 28, 8, 1, 1);

    @Test
    void globalTokensOfTheSheet() {
        Matrix map = Matrix.of(new float[] {.5f, .3f, .2f}, new float[] {.2f, .6f, .2f}, new float[] {.1f, .8f, .1f});
        assertThat(VFlowImportance.context(map, 1.5)).containsExactly(new float[] {.2f, .6f, .2f}, offset(1e-6f));
        assertThat(VFlowImportance.context(map, 50))
                .as("no token is global: received attention")
                .containsExactly(new float[] {.26667f, .56667f, .16667f}, offset(1e-4f));
    }

    @Test
    void classTokenIsLeftOut() {
        Matrix map = Matrix.of(new float[] {9, 8, 7}, new float[] {6, 1, 2}, new float[] {5, 3, 4});
        assertThat(VFlowImportance.withoutClass(map).data()).containsExactly(1, 2, 3, 4);
    }

    @Test
    void entropyOfGreyLevels() {
        float[] patch = {10, 10, 10, 10, 10, 10, 20, 20, 20, 30, 30, 30};
        assertThat(Entropy.bits(VFlowImportance.greyLevels(patch, false))).isCloseTo(1.5, offset(1e-9));
        assertThat(Entropy.bits(VFlowImportance.greyLevels(new float[12], false)))
                .isZero();
        float[] all = new float[196 * 3];
        for (int level = 0; level < 196; level++) {
            Arrays.fill(all, 3 * level, 3 * level + 3, level);
        }
        assertThat(Entropy.bits(VFlowImportance.greyLevels(all, false))).isCloseTo(7.6147, offset(1e-3));
        assertThat(VFlowImportance.greyLevels(new float[] {0, 0, 0}, true)[1]).isEqualTo(1);
        assertThat(VFlowImportance.greyLevels(new float[] {255, 255, 255}, true)[255])
                .isEqualTo(1);
    }

    @Test
    void budgetEquation() {
        VFlowBudget equation = new VFlowBudget(9, 18, 28);
        assertThat(equation.r2(.5, .7233201, .7487476)).isCloseTo(.4830, offset(1e-4));
        assertThat(equation.r2(.1, .1166153, 1)).isCloseTo(.60106, offset(1e-4));
        assertThat(equation.r2(.25, .26510, .98334)).isCloseTo(.86997, offset(2e-4));
        assertThat(equation.share(1, 1, 1)).isEqualTo(1);
        assertThat(equation.share(.7, .7, equation.r2(.5, .7, .7))).isCloseTo(.5, offset(1e-9));
        assertThat(equation.share(equation.r0(.2, .8, .5), .8, .5)).isCloseTo(.2, offset(1e-9));
    }

    /** Nine low tokens of one cell become one, at the place of the most important. */
    @Test
    void recyclingExample() {
        float[] importance = Models.constant(36, 100);
        int[] corner = {0, 1, 2, 6, 7, 8, 12, 13, 14};
        for (int i = 0; i < 9; i++) {
            importance[corner[i]] = i + 1;
        }
        Decision.Merge merge = (Decision.Merge) VFlowRecycling.decide(importance, 6, 1 - 5 / 36.0, 3);
        assertThat(merge.groups()).isEqualTo(28);
        int group = Arrays.binarySearch(merge.anchors(), 14);
        assertThat(merge.members(group)).containsExactly(corner);
        assertThat(merge.weights(group)[8]).isCloseTo(9 / 45f, offset(1e-6f));
        assertThat(merge.anchors()).isSorted();
    }

    @Test
    void nothingToDrop() {
        assertThat(VFlowRecycling.decide(new float[36], 6, 1, 7)).isInstanceOf(Decision.Unchanged.class);
        Decision.Merge recycled = (Decision.Merge) VFlowRecycling.decide(new float[36], 6, 1, 3);
        assertThat(recycled.groups()).isLessThan(36);
    }

    @Test
    void releasedSettingsAndLayers() {
        Plan plan = Models.plan(new VFlowOpt(), ONE_VISION, Budget.share(.25));
        assertThat(plan.steps())
                .extracting(Step::station)
                .containsExactly(new Station.Projector(), new Station.Decoder(9), new Station.Decoder(18));
        assertThat(VFlowSettings.interpolated(.5)).containsExactly(.5, .72332, .74875, 28.683, 11.757);
        assertThat(VFlowSettings.interpolated(.05)[1]).isCloseTo(.05831, offset(1e-9));
        assertThat(plan.steps().getFirst().needs()).hasSize(1);
        assertThat(Models.plan(new VFlowOpt(), ONE_VISION, Budget.share(.25), "entropy=0.5")
                        .steps()
                        .getFirst()
                        .needs())
                .hasSize(2);
    }

    @Test
    void averageMeetsTheBudget() {
        for (double share : new double[] {.9, .75, .5, .3333, .25, .1, .05}) {
            for (ModelShape shape : new ModelShape[] {ONE_VISION, Models.SMALL}) {
                Plan plan = Models.plan(new VFlowOpt(), shape, Budget.share(share));
                int[] perLayer = PathSimulator.perLayer(PathSimulator.run(plan, shape, 1), shape);
                double average = Arrays.stream(perLayer).average().orElseThrow();
                assertThat(average / shape.patches()).isCloseTo(share, offset(0.02));
            }
        }
    }

    @Test
    void spendingEverythingEarlyIsRefused() {
        assertThatThrownBy(() -> Models.plan(new VFlowOpt(), ONE_VISION, Budget.share(.1), "r0=0.9", "r1=0.9"))
                .hasMessageContaining("cannot meet the budget");
    }

    @Test
    void objective() {
        List<float[]> full = List.of(new float[] {1, 0}, new float[] {0, 2}, new float[] {3, 4});
        assertThat(VFlowObjective.of(full, full)).isCloseTo(3, offset(1e-6));
        List<float[]> pruned = List.of(new float[] {0, 1}, new float[] {0, 1}, new float[] {Float.NaN, 1});
        assertThat(VFlowObjective.of(full, pruned)).isCloseTo(1, offset(1e-6));
        assertThatThrownBy(() -> VFlowObjective.of(full, List.of())).hasMessageContaining("0 and 3");
        assertThat(VFlowObjective.box(.25, 27))
                .contains(new VFlowObjective.Range("r0", .25, .375), new VFlowObjective.Range("cell", 3, 24));
    }
}
