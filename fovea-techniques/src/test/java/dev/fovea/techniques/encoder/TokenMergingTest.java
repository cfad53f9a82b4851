package dev.fovea.techniques.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenMergingTest {
    private static final Matrix KEYS = Matrix.of(
            new float[] {1, 0}, new float[] {1, 0}, new float[] {.8f, .6f}, new float[] {0, 1}, new float[] {.28f, .96f
            });
    private static final ModelShape FOUR = Models.shape(2, 2, true, 12, 12, 2, 1, false, 12, 8, 1, 1);

    private static FakeSignals signals(int patches) {
        return FakeSignals.of(Layout.ofGrid(2, 2))
                .with(new Signal.EncoderProjection(0, Projection.KEY), KEYS)
                .with(new Signal.TokenSizes(), Models.constant(patches + 1, 1))
                .with(new Signal.EncoderAttention(0, EncoderQueries.CLS, Heads.MEAN), new float[] {.1f, .05f, .25f, .4f
                });
    }

    /** A match worked out by hand: t4 joins t3, output [CLS, t2, t1, (t3 + t4) / 2]. */
    @Test
    void tomeExample() {
        Step step = Models.plan(new Tome(), FOUR, Budget.full(), "r=1").steps().getFirst();
        Decision.Merge merge = (Decision.Merge) signals(4).run(step).decision();
        assertThat(merge.anchors()).containsExactly(1, 0, 2);
        assertThat(merge.members(2)).containsExactly(2, 3);
        assertThat(merge.weights(2)).containsExactly(.5f, .5f);
    }

    /** With coefficient 3 the attended t4 stays and t2 joins t1. */
    @Test
    void turboExample() {
        Step step = Models.plan(new Turbo(), FOUR, Budget.full(), "r=1", "alpha=3", "scale=1", "floor=0")
                .steps()
                .getFirst();
        Decision.Merge merge = (Decision.Merge) signals(4).run(step).decision();
        assertThat(merge.anchors()).containsExactly(3, 0, 2);
        assertThat(merge.members(1)).containsExactly(0, 1);
    }

    @Test
    void turboWithoutSemanticsIsTome() {
        Plan turbo = Models.plan(new Turbo(), Models.SMALL, Budget.count(50), "alpha=0");
        Plan tome = Models.plan(new Tome(), Models.SMALL, Budget.count(50));
        var a = PathSimulator.run(turbo, Models.SMALL, 7);
        var b = PathSimulator.run(tome, Models.SMALL, 7);
        for (int i = 0; i < a.size(); i++) {
            assertThat(a.get(i).after().cells())
                    .containsExactly(b.get(i).after().cells());
        }
    }

    @Test
    void aConstantSemanticValueChangesNothing() {
        TurboFusion fusion = new TurboFusion("s1", 150, 1, 0);
        assertThat(fusion.priority(.8f, .01f, 3) > fusion.priority(.7f, .01f, 3))
                .isTrue();
        assertThat(fusion.priority(.8f, .02f, 3) - fusion.priority(.8f, .01f, 3))
                .isCloseTo(-1.5f, offset(1e-4f));
        assertThat(new TurboFusion("s2", 0, 1, 0).priority(.8f, .4f, 0)).isEqualTo(2);
        assertThat(new TurboFusion("s3", 2, 1, 0).priority(.5f, .25f, 0)).isEqualTo(.25f);
        assertThat(new TurboFusion("s4", 1, .5, 2).priority(1, 1, 0)).isEqualTo(.75f);
    }

    @Test
    void schedules() {
        assertThat(MergeSchedule.perBlock(16, 0, 12)).containsOnly(16);
        assertThat(MergeSchedule.perBlock(16, -1, 12)).containsExactly(32, 29, 26, 23, 20, 17, 14, 11, 8, 5, 2, 0);
        assertThat(MergeSchedule.left(900, true, MergeSchedule.perBlock(40, 0, 12), 40))
                .isEqualTo(420);
        assertThat(MergeSchedule.left(576, true, MergeSchedule.perBlock(30, 0, 12), 40))
                .isEqualTo(216);
        assertThat(MergeSchedule.removed(39, false, 5, 40)).isZero();
    }

    /** Values of the official parse_r(24, (r, inflection)): LLaVA uses 23 of the 24 blocks that the slope runs over. */
    @Test
    void explicitSchedulesRunOverTheFullDepth() {
        assertThat(official("r=8", "inflection=-1"))
                .containsExactly(16, 15, 14, 13, 13, 12, 11, 11, 10, 9, 9, 8, 7, 6, 6, 5, 4, 4, 3, 2, 2, 1, 0);
        assertThat(official("r=16", "inflection=-0.5"))
                .containsExactly(
                        24, 23, 22, 21, 21, 20, 19, 19, 18, 17, 17, 16, 15, 14, 14, 13, 12, 12, 11, 10, 10, 9, 8);
        assertThat(official("r=7", "inflection=1"))
                .containsExactly(0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 6, 6, 7, 7, 8, 9, 9, 10, 10, 11, 12, 12, 13);
        for (Technique technique : new Technique[] {new Tome(), new Turbo()}) {
            Plan plan = Models.plan(technique, Models.LLAVA, Budget.full(), "r=8", "inflection=-1");
            assertThat(plan.steps()).hasSize(22 + 1);
            assertThat(Models.plan(technique, Models.LLAVA, Budget.count(64), "r=0")
                            .steps())
                    .isEmpty();
        }
    }

    private static int[] official(String... knobs) {
        Map<String, String> set = new LinkedHashMap<>();
        for (String knob : knobs) {
            set.put(knob.substring(0, knob.indexOf('=')), knob.substring(knob.indexOf('=') + 1));
        }
        return MergeSchedule.of("tome", Models.LLAVA, Budget.full(), Knobs.of(new Tome().card(), set), 0)
                .perBlock();
    }

    @Test
    void lengthsAndSizesAddUp() {
        for (Plan plan : new Plan[] {
            Models.plan(new Tome(), Models.SMALL, Budget.count(20)),
            Models.plan(new Tome(), Models.SMALL, Budget.count(60), "inflection=-1"),
            Models.plan(new Turbo(), Models.SMALL, Budget.count(20)),
        }) {
            assertThat(plan.proportionalAttention()).isTrue();
            var run = PathSimulator.run(plan, Models.SMALL, 3);
            for (var taken : run) {
                if (taken.outcome().decision() instanceof Decision.Merge merge) {
                    int gone = taken.before().visualCount() - taken.after().visualCount();
                    assertThat(gone).isBetween(1, taken.before().visualCount() / 2);
                    assertThat(Arrays.stream(merge.members()).sorted().toArray())
                            .hasSize(taken.before().visualCount())
                            .doesNotHaveDuplicates();
                }
            }
        }
    }

    @Test
    void budgetIsMetExactlyAndInRasterOrder() {
        for (int budget : new int[] {143, 100, 72, 31, 9}) {
            for (Plan plan : new Plan[] {
                Models.plan(new Tome(), Models.SMALL, Budget.count(budget)),
                Models.plan(new Turbo(), Models.SMALL, Budget.count(budget)),
            }) {
                var run = PathSimulator.run(plan, Models.SMALL, 5);
                assertThat(run.getLast().after().cells()).hasSize(budget).isSorted();
                assertThat(run.getLast().step().station()).isEqualTo(new Station.Connector());
            }
        }
    }

    @Test
    void mergedTokensWeighByTheirSizes() {
        Matrix keys = Matrix.of(new float[] {1, 0}, new float[] {1, 0}, new float[] {1, 0});
        Step step = Models.plan(
                        new Tome(), Models.shape(1, 2, true, 3, 3, 2, 1, false, 4, 8, 1, 1), Budget.full(), "r=1")
                .steps()
                .getFirst();
        Outcome outcome = FakeSignals.of(Layout.ofGrid(1, 2))
                .with(new Signal.EncoderProjection(0, Projection.KEY), keys)
                .with(new Signal.TokenSizes(), new float[] {1, 1, 3})
                .run(step);
        Decision.Merge merge = (Decision.Merge) outcome.decision();
        assertThat(merge.members(0)).containsExactly(0, 1);
        assertThat(merge.weights(0)).containsExactly(.25f, .75f);
    }

    @Test
    void mergingMoreThanHalfPerBlockIsRefused() {
        assertThatThrownBy(() -> Models.plan(new Tome(), Models.SMALL, Budget.count(2)))
                .hasMessageContaining("'tome' cannot merge 144 tokens into 2")
                .hasMessageContaining("at least 5");
    }
}
