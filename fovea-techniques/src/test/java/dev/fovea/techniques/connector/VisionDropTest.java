package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.MergeBuilder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisionDropTest {
    /** A merge worked out by hand: targets 0 and 3, sources 2 and 5 both join 3. */
    @Test
    void selectAndMerge() {
        MergeBuilder builder = new MergeBuilder();
        SelectAndMerge.apply(
                builder,
                new float[] {.05f, .30f, .02f, .10f, .25f, .04f},
                Matrix.of(
                        new float[] {1, 0},
                        new float[] {0, 1},
                        new float[] {.6f, .8f},
                        new float[] {.8f, .6f},
                        new float[] {1, 1},
                        new float[] {0, 2}),
                2,
                2);
        Decision.Merge merge = builder.build();
        float[][] features = {{1, 0}, {0, 1}, {2, 2}, {4, 0}, {0, 8}, {6, 6}};
        float[][] out = new float[merge.groups()][2];
        for (int g = 0; g < out.length; g++) {
            for (int i = 0; i < merge.members(g).length; i++) {
                for (int c = 0; c < 2; c++) {
                    out[g][c] += merge.weights(g)[i] * features[merge.members(g)[i]][c];
                }
            }
        }
        assertThat(out).isDeepEqualTo(new float[][] {{0, 1}, {0, 8}, {1, 0}, {8, 4}});
    }

    @Test
    void guards() {
        MergeBuilder none = new MergeBuilder();
        SelectAndMerge.apply(none, new float[] {1, 2, 3}, new Matrix(3, 1, new float[3]), 2, 0);
        assertThat(none.build().anchors()).containsExactly(1, 2);
        MergeBuilder few = new MergeBuilder();
        SelectAndMerge.apply(few, new float[] {1, 2, 3}, new Matrix(3, 1, new float[3]), 2, 5);
        assertThat(few.build().anchors()).containsExactly(1, 2, 0);
    }

    @ParameterizedTest
    @CsvSource({"32,48,35,26,19", "64,96,70,52,38", "128,192,140,104,76", "192,288,210,156,114"})
    void publishedSchedule(int budget, int encoder, int eight, int sixteen, int twentyFour) {
        Plan plan = Models.plan(new VisionDrop(), Models.LLAVA, Budget.count(budget));
        assertThat(plan.steps())
                .extracting(Step::station)
                .containsExactly(
                        new Station.Connector(),
                        new Station.Decoder(8),
                        new Station.Decoder(16),
                        new Station.Decoder(24));
        int[] perLayer = PathSimulator.perLayer(PathSimulator.run(plan, Models.LLAVA, 1), Models.LLAVA);
        assertThat(new int[] {perLayer[0], perLayer[7], perLayer[8], perLayer[16], perLayer[31]})
                .containsExactly(encoder, encoder, eight, sixteen, twentyFour);
        assertThat(Arrays.stream(perLayer).average().orElseThrow()).isEqualTo(budget);
    }

    /** For 32 tokens: CLS, 41 patches and 6 contextual; then 30 + 5, 22 + 4, 16 + 3. */
    @Test
    void dominantAndContextualCounts() {
        Plan plan = Models.plan(new VisionDrop(), Models.LLAVA, Budget.count(32));
        var run = PathSimulator.run(plan, Models.LLAVA, 1);
        Decision.Merge first = (Decision.Merge) run.getFirst().outcome().decision();
        assertThat(first.anchors()[0]).isEqualTo(Decision.CLS);
        assertThat(Arrays.copyOfRange(first.anchors(), 1, 42)).isSorted();
        int[] contextual = {6, 5, 4, 3};
        for (int stage = 0; stage < 4; stage++) {
            Decision.Merge merge = (Decision.Merge) run.get(stage).outcome().decision();
            int single = 0;
            while (single < merge.groups() && merge.members(single).length == 1) {
                single++;
            }
            assertThat(merge.groups() - single).isBetween(1, contextual[stage]);
            int[] dominant = Arrays.copyOf(merge.anchors(), merge.groups() - contextual[stage]);
            assertThat(dominant).isSorted();
            if (stage > 0) {
                assertThat(merge.positions()).isEqualTo(Decision.Positions.RENUMBERED);
            }
        }
    }

    @Test
    void averageHoldsForOtherDepthsAndLargeBudgets() {
        for (double share : new double[] {0.9, 0.5, 0.25, 0.1}) {
            Plan plan = Models.plan(new VisionDrop(), Models.SMALL, Budget.share(share));
            int[] perLayer = PathSimulator.perLayer(PathSimulator.run(plan, Models.SMALL, 1), Models.SMALL);
            assertThat(Arrays.stream(perLayer).average().orElseThrow() / 144).isCloseTo(share, offset(0.01));
        }
    }

    @Test
    void stagesCanBeUsedAlone() {
        Plan encoder = Models.plan(new VisionDrop(), Models.LLAVA, Budget.count(64), "stages=encoder");
        assertThat(PathSimulator.run(encoder, Models.LLAVA, 1).getLast().after().visualCount())
                .isEqualTo(64);
        Plan decoder = Models.plan(new VisionDrop(), Models.LLAVA, Budget.share(0.5), "stages=decoder");
        assertThat(decoder.steps()).extracting(Step::station).doesNotContain(new Station.Connector());
        assertThatThrownBy(() -> Models.plan(new VisionDrop(), Models.LLAVA, Budget.share(0.1), "stages=decoder"))
                .hasMessageContaining("use stages=all");
    }

    @Test
    void noTextTakesPart() {
        Plan plan = Models.plan(new VisionDrop(), Models.LLAVA, Budget.count(32));
        for (Step step : plan.steps()) {
            for (Signal<?> need : step.needs()) {
                if (need instanceof Signal.DecoderAttention a) {
                    assertThat(a.queries()).isEqualTo(Signal.DecoderQueries.VISUAL);
                } else {
                    assertThat(need)
                            .isInstanceOfAny(
                                    Signal.EncoderAttention.class,
                                    Signal.EncoderProjection.class,
                                    Signal.DecoderProjection.class);
                }
            }
        }
    }
}
