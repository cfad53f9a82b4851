package dev.fovea.techniques.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeatherTest {
    private static final float[] SCORES = {
        .02f, .11f, .03f, .01f, .05f, .20f, .04f, .02f, .01f, .09f, .06f, .02f, .07f, .08f, .10f, .09f
    };

    private static Signal.DecoderAttention score(int layer) {
        return new Signal.DecoderAttention(layer, DecoderQueries.LAST, KeyScope.VISUAL, false);
    }

    private static int[] run(Step step, Layout layout, float[] scores) {
        Signal.DecoderAttention need = (Signal.DecoderAttention) step.needs().getFirst();
        return Models.kept(FakeSignals.of(layout).with(need, scores).run(step));
    }

    @Test
    void publishedLayersAndSignals() {
        Plan plan = Models.plan(new Feather(), Models.LLAVA, Budget.full(), "r=0.7");
        assertThat(plan.steps())
                .extracting(Step::station)
                .containsExactly(new Station.Decoder(8), new Station.Decoder(16));
        assertThat(plan.steps().get(0).needs()).isEqualTo(java.util.List.of(score(7)));
        assertThat(plan.steps().get(1).needs()).isEqualTo(java.util.List.of(score(15)));
    }

    /** A union worked out by hand; index 9 wins the tie with 15. */
    @Test
    void unionOfScoreAndGrid() {
        Plan plan = Models.plan(new Feather(), Models.withGrid(4, 4), Budget.full(), "r=0.7");
        int[] first = run(plan.steps().get(0), FakeSignals.prompt(0, 4, 4, 0), SCORES);
        assertThat(first).containsExactly(0, 1, 3, 5, 9, 12, 14, 15);
        int[] second = run(plan.steps().get(1), FakeSignals.prompt(0, 2, 4, 0), new float[8]);
        assertThat(second).as("int(8 * 0.09) = 0 is lifted to 1").hasSize(1);
    }

    @Test
    void unionAtHalf() {
        Plan plan = Models.plan(new Feather(), Models.withGrid(4, 4), Budget.full(), "r=0.5");
        int[] first = run(plan.steps().get(0), FakeSignals.prompt(0, 4, 4, 0), SCORES);
        assertThat(first).containsExactly(0, 1, 3, 5, 9, 10, 12, 13, 14, 15);
        assertThat(run(plan.steps().get(1), FakeSignals.prompt(0, 2, 5, 0), new float[10]))
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"218,19", "275,24", "299,26"})
    void secondStageCounts(int union, int kept) {
        Plan plan = Models.plan(new Feather(), Models.withGrid(27, 27), Budget.full(), "r=0.7");
        assertThat(run(plan.steps().get(1), FakeSignals.prompt(1, 1, union, 9), new float[union + 10]))
                .hasSize(kept);
    }

    @Test
    void firstStageBoundsAt729() {
        Plan plan = Models.plan(new Feather(), Models.withGrid(27, 27), Budget.full(), "r=0.7");
        float[] rising = new float[729];
        for (int i = 0; i < 729; i++) {
            rising[i] = i;
        }
        int[] kept = run(plan.steps().get(0), FakeSignals.prompt(0, 27, 27, 0), rising);
        assertThat(kept.length).isBetween(218, 299);
        assertThat(kept).isSorted().contains(0, 3, 728);
    }

    @Test
    void nothingHappensWithoutDropping() {
        Plan plan = Models.plan(new Feather(), Models.withGrid(4, 4), Budget.count(5), "r=0", "stride=1");
        assertThat(run(plan.steps().get(0), FakeSignals.prompt(0, 4, 4, 0), SCORES))
                .hasSize(16);
        assertThat(run(plan.steps().get(1), FakeSignals.prompt(0, 4, 4, 0), SCORES))
                .hasSize(16);
    }

    @Test
    void budgetIsTheAverageOverLayers() {
        double grid = 81 / 729.0;
        assertThat(FeatherSchedule.averageShare(8, 16, 32, 0.3, grid)).isCloseTo(0.361, offset(0.001));
        Feather technique = new Feather();
        FeatherSchedule s =
                FeatherSchedule.of(Models.withGrid(27, 27), Budget.share(0.3615), Knobs.defaults(technique.card()));
        assertThat(s.k1()).isEqualTo(8);
        assertThat(s.k2()).isEqualTo(16);
        assertThat(s.keep()).isCloseTo(0.3, offset(0.005));
    }

    @Test
    void smallBudgetsMoveThePruningForward() {
        Knobs defaults = Knobs.defaults(new Feather().card());
        FeatherSchedule s = FeatherSchedule.of(Models.LLAVA, Budget.share(0.111), defaults);
        assertThat(s.k1()).isLessThan(8);
        double grid = 64 / 576.0;
        assertThat(FeatherSchedule.averageShare(s.k1(), s.k2(), 32, s.keep(), grid))
                .isCloseTo(0.111, offset(1e-6));
        assertThatThrownBy(() -> FeatherSchedule.of(Models.SMALL, Budget.share(0.1), defaults))
                .hasMessageContaining("'feather' cannot average so few tokens")
                .hasMessageContaining("reads=kept");
    }

    @Test
    void budgetMayBeTheShareKept() {
        Knobs kept = Knobs.of(new Feather().card(), Map.of("reads", "kept"));
        assertThat(FeatherSchedule.of(Models.LLAVA, Budget.count(144), kept).keep())
                .isEqualTo(0.25);
    }

    @Test
    void gridFollowsTheCellsOfPrunedPictures() {
        Plan plan = Models.plan(new Feather(), Models.withGrid(4, 4), Budget.full(), "r=1");
        Layout pruned = new Layout(4, new int[] {0, 1, 2, 3}, new int[] {2, 3, 7, 12}, 4, 4, 1, 16);
        assertThat(run(plan.steps().get(0), pruned, new float[4])).containsExactly(1, 3);
    }

    /**
     * With all queries and keys equal, rotary positions alone push FastV's choice to the bottom rows; without them every
     * score is the same.
     */
    @Test
    void rotaryPositionsAloneBiasTheScoreDownwards() {
        float[] logits = new float[729];
        for (int v = 0; v < 729; v++) {
            double sum = 0;
            for (int i = 0; i < 64; i++) {
                sum += 2 * Math.cos((760 - (v + 1)) * Math.pow(10000, -i / 64.0));
            }
            logits[v] = (float) (sum / Math.sqrt(128));
        }
        float[] scores = Vectors.softmax(logits);
        int lower = 0;
        double rows = 0;
        for (int token : TopK.largest(scores, 182)) {
            int row = token / 27;
            lower += row >= 14 ? 1 : 0;
            rows += row / 182.0;
        }
        assertThat(lower / 182.0).isCloseTo(0.967, offset(0.006));
        assertThat(rows).isCloseTo(22.1, offset(0.1));
    }

    @Test
    void layersInTheWrongOrderAreRefused() {
        assertThatThrownBy(() -> Models.plan(new Feather(), Models.LLAVA, Budget.count(64), "k1=9", "k2=5"))
                .hasMessageContaining("needs k1 < k2, got k1=9 and k2=5");
    }

    @Test
    void scoresGoToTheLedger() {
        Plan plan = Models.plan(new Feather(), Models.withGrid(4, 4), Budget.full(), "r=0.7");
        Outcome outcome = FakeSignals.ofPrompt(0, 4, 4, 0)
                .with(score(7), SCORES)
                .run(plan.steps().get(0));
        assertThat(outcome.scores()).containsExactly(SCORES);
    }
}
