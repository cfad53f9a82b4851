package dev.fovea.techniques.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.Clusters;
import dev.fovea.techniques.primitives.DensityPeaks;
import dev.fovea.techniques.primitives.TopK;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SparseVlmTest {
    private static final TokenRecycling RECYCLING = new TokenRecycling(0.3, 0.1);
    private static final DistanceCorrection CORRECTION = new DistanceCorrection(128, 10000, 4, 2);

    @Test
    void raters() {
        Matrix visual = Matrix.of(new float[] {1, 0}, new float[] {0, 1}, new float[] {1, 1}, new float[] {.5f, 0});
        Matrix text = Matrix.of(new float[] {2, 0}, new float[] {0, .5f}, new float[] {-1, -1});
        assertThat(TextRaters.resemblance(visual, text))
                .containsExactly(new float[] {.6523f, .2679f, .0797f}, offset(1e-4f));
        assertThat(TextRaters.choose(visual, text)).containsExactly(1, 0, 0);
    }

    @Test
    void whereNoWordStandsOutAllRate() {
        Matrix one = Matrix.of(new float[] {1, 2});
        assertThat(TextRaters.choose(one, one)).containsExactly(1);
        assertThat(TextRaters.choose(one, Matrix.of(new float[] {1, 1}, new float[] {1, 1})))
                .containsExactly(1, 1);
    }

    /** The mean over two heads of what two raters give five tokens; the third word does not rate. */
    @Test
    void scores() {
        Matrix meanOverHeads = Matrix.of(
                new float[] {.20f, .20f, .05f, .15f, .10f},
                new float[] {.9f, .9f, .9f, .9f, .9f},
                new float[] {.15f, .20f, .20f, .05f, .10f});
        float[] scores = TextRaters.mean(meanOverHeads, new float[] {1, 0, 1});
        assertThat(scores).containsExactly(new float[] {.175f, .2f, .125f, .1f, .1f}, offset(1e-6f));
        assertThat(TopK.largestInOrder(scores, 3)).containsExactly(0, 1, 2);
    }

    @ParameterizedTest
    @CsvSource({
        "576, 300, 83, 9, 309",
        "309, 200, 33, 4, 204",
        "204, 110, 29, 3, 113",
        "2, 1, 1, 1, 2",
        "20, 10, 4, 1, 11",
        "60, 30, 10, 2, 32",
        "100, 40, 19, 2, 42"
    })
    void recycledCounts(int present, int kept, int members, int merged, int left) {
        assertThat(RECYCLING.members(present - kept)).isEqualTo(members);
        assertThat(RECYCLING.merged(present - kept)).isEqualTo(merged);
        assertThat(kept + merged).isEqualTo(left);
    }

    /** Two blobs. Without the rule for ties two tokens of the first blob would be centres. */
    @Test
    void clusters() {
        Matrix points = Matrix.of(
                new float[] {0, 0},
                new float[] {.3f, 0},
                new float[] {.1f, .1f},
                new float[] {4, 4},
                new float[] {4.6f, 4},
                new float[] {2, 2.5f});
        Clusters clusters = DensityPeaks.strongestFirst(points, 2);
        assertThat(clusters.centres()).containsExactly(0, 3);
        assertThat(clusters.members(0)).containsExactly(0, 1, 2);
        assertThat(clusters.members(1)).containsExactly(3, 4, 5);
    }

    /** Seven tokens of which two stay; of the five others two become one. */
    @Test
    void droppedTokensAreMergedBehindTheKeptOnes() {
        float[] scores = {.1f, .9f, .5f, .2f, .8f, .4f, .3f};
        Matrix states = PathSimulator.gaussian(new Random(1), 7, 3);
        Decision.Merge merge = RECYCLING.keep(scores, 2, states, FakeSignals.prompt(3, 1, 7, 4));
        assertThat(merge.positions()).isEqualTo(Decision.Positions.RENUMBERED);
        assertThat(merge.groups()).isEqualTo(3);
        assertThat(merge.members(0)).containsExactly(1);
        assertThat(merge.members(1)).containsExactly(4);
        assertThat(merge.members(2)).containsExactlyInAnyOrder(2, 5);
        assertThat(merge.weights(2)).containsExactly(.5f, .5f);
        assertThat(merge.anchors()[2]).isEqualTo(2);
    }

    @Test
    void mergedTokensStandBehindThoseOfTheirImage() {
        Ledger.Grid grid = new Ledger.Grid(5, 8);
        int[] visual = IntStream.concat(IntStream.range(2, 42), IntStream.range(45, 85))
                .toArray();
        Layout layout = new Layout(90, visual, IntStream.range(0, 80).toArray(), List.of(grid, grid), 80);
        float[] scores = new float[80];
        for (int i = 0; i < 80; i++) {
            scores[i] = 37 * i % 80;
        }
        Decision.Merge merge = RECYCLING.keep(scores, 20, PathSimulator.gaussian(new Random(2), 80, 4), layout);
        assertThat(merge.groups()).isEqualTo(22);
        int[] images = Arrays.stream(merge.anchors()).map(a -> a / 40).toArray();
        assertThat(images).isSorted();
        int[] kept = TopK.largestInOrder(scores, 20);
        long inFirst = Arrays.stream(kept).filter(v -> v < 40).count();
        assertThat(Arrays.copyOf(merge.anchors(), (int) inFirst)).containsExactly(Arrays.copyOf(kept, (int) inFirst));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 11.3137",
        "1, 10.9767",
        "10, 7.5696",
        "100, 5.3994",
        "300, 3.4736",
        "600, 2.3493",
        "625, 1.1908",
        "585, 2.4761",
        "297, 3.5671"
    })
    void whatRotaryPositionsAloneWouldGive(int distance, double weight) {
        assertThat(CORRECTION.weight(distance)).isEqualTo(weight, offset(1e-4));
    }

    @Test
    void farTokensAreNoLongerAtADisadvantage() {
        float[] corrected = {
            .02f / (float) CORRECTION.weight(585),
            .03f / (float) CORRECTION.weight(297),
            .05f / (float) CORRECTION.weight(10)
        };
        assertThat(corrected).containsExactly(new float[] {.0081f, .0084f, .0066f}, offset(5e-5f));
        assertThat(TopK.descending(corrected)).containsExactly(1, 0, 2);
    }

    /** Heads 1 and 3 look at the picture most; over all four the other token would be first. */
    @Test
    void onlyHeadsThatLookAtThePictureCount() {
        float[][] ofHead = {{.1f, .2f}, {.3f, .3f}, {0, .1f}, {.25f, .2f}};
        assertThat(CORRECTION.mean(ofHead, 1)).containsExactly(new float[] {.275f, .25f}, offset(1e-6f));
        assertThat(new DistanceCorrection(128, 10000, 4, 4).mean(ofHead, 1))
                .containsExactly(new float[] {.1625f, .2f}, offset(1e-6f));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 192, 300, 200, 110, 192.03",
        "1, 128, 303, 110, 36, 128.62",
        "1, 96, 238, 48, 26, 96.94",
        "1, 64, 66, 30, 17, 64.81",
        "plus, 192, 300, 200, 118, 192.44",
        "plus, 128, 238, 108, 60, 128.00",
        "plus, 96, 246, 54, 28, 96.81",
        "plus, 64, 66, 34, 20, 64.44"
    })
    void publishedLists(String version, int budget, int k1, int k2, int k3, double leaving) {
        Plan plan = Models.plan(new SparseVlm(), Models.LLAVA, Budget.count(budget), "version=" + version);
        assertThat(plan.steps().stream().map(Step::station))
                .containsExactly(
                        new Station.Prompt(), new Station.Decoder(3), new Station.Decoder(7), new Station.Decoder(16));
        SparseSchedule schedule = SparseSchedule.of(
                Models.LLAVA, Budget.count(budget), Knobs.of(new SparseVlm().card(), Map.of("version", version)));
        assertThat(Arrays.stream(schedule.shares()).mapToInt(s -> SparseSchedule.count(s, 576)))
                .containsExactly(k1, k2, k3);
        var run = PathSimulator.run(plan, Models.LLAVA, 1);
        int[] held = PathSimulator.perLayer(run, Models.LLAVA);
        double sum = 0;
        for (int layer = 1; layer <= 32; layer++) {
            sum += held[Math.min(layer, 31)];
        }
        assertThat(sum / 32).isEqualTo(leaving, offset(0.006));
    }

    /** Between the lists in proportion: the nominal count stays the average that leaves a layer. */
    @ParameterizedTest
    @ValueSource(ints = {45, 80, 110, 150, 250, 400, 560})
    void otherBudgets(int budget) {
        var run = PathSimulator.run(Models.plan(new SparseVlm(), Models.LLAVA, Budget.count(budget)), Models.LLAVA, 1);
        int[] held = PathSimulator.perLayer(run, Models.LLAVA);
        double leaving = (Arrays.stream(held).sum() - 576 + held[31]) / 32.0;
        assertThat(leaving).isEqualTo(budget, offset(5.0));
    }

    @Test
    void tooFewAreRefused() {
        assertThatThrownBy(() -> Models.plan(new SparseVlm(), Models.LLAVA, Budget.count(30)))
                .hasMessageContaining("a budget must be above 36 tokens");
        assertThatThrownBy(() -> Models.plan(new SparseVlm(), Models.SMALL, Budget.count(10)))
                .hasMessageContaining("Technique 'sparsevlm' cannot average so few tokens per layer")
                .hasMessageContaining("before layer 1 of 6");
    }

    @Test
    void positionsFollowTheVersion() {
        for (String version : List.of("1", "plus")) {
            Plan plan = Models.plan(new SparseVlm(), Models.SMALL, Budget.share(0.4), "version=" + version);
            for (PathSimulator.Taken taken : PathSimulator.run(plan, Models.SMALL, 3)) {
                switch (taken.outcome().decision()) {
                    case Decision.Keep keep -> assertThat(keep.positions()).isEqualTo(Decision.Positions.ORIGINAL);
                    case Decision.Merge merge -> assertThat(merge.positions()).isEqualTo(Decision.Positions.RENUMBERED);
                    default -> assertThat(taken.step().station()).isEqualTo(new Station.Prompt());
                }
            }
            assertThat(plan.steps().getLast().needs())
                    .contains(new Signal.NotedText("rater"))
                    .contains(new Signal.DecoderInstructionAttention(2, version.equals("plus")));
        }
    }
}
