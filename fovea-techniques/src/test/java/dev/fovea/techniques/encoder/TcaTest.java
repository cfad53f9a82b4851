package dev.fovea.techniques.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Adaptation;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TcaTest {
    private static final ModelShape B16 = Models.shape(14, 14, true, 12, 12, 16, 2, true, 12, 8, 1, 1);

    /** Token counts worked out by hand; lengths include the class token. */
    @ParameterizedTest
    @CsvSource({
        "0.035,197,182,176,14,6", "0.035,182,167,161,14,6", "0.035,167,155,149,12,5",
        "0.105,197,140,134,42,20", "0.105,140,101,95,30,14", "0.105,101,74,68,22,10",
        "0.175,197,98,92,70,34", "0.175,98,53,47,34,16", "0.175,53,29,23,20,9",
    })
    void tokenCounts(double rho, int before, int after, int keep, int cluster, int drop) {
        Condensation.Split split = Condensation.split(before - 1, rho);
        assertThat(split).isEqualTo(new Condensation.Split(keep, cluster, drop));
        assertThat(keep + cluster + drop).isEqualTo(before - 1);
        assertThat(split.after(4)).isEqualTo(after - 1);
    }

    @Test
    void condensesInThreeBlocks() {
        Plan plan = Models.plan(new Tca(), B16, Budget.full(), "rho=0.105", "order=official");
        assertThat(plan.steps())
                .extracting(Step::station)
                .containsExactly(
                        new Station.EncoderAttention(3),
                        new Station.EncoderAttention(6),
                        new Station.EncoderAttention(9));
        assertThat(PathSimulator.run(plan, B16, 1).stream().map(t -> t.after().visualCount()))
                .containsExactly(139, 100, 73);
    }

    @Test
    void budgetIsACeiling() {
        for (int budget : new int[] {150, 100, 50, 20}) {
            Plan plan = Models.plan(new Tca(), B16, Budget.count(budget));
            var run = PathSimulator.run(plan, B16, 2);
            assertThat(run.getLast().after().visualCount()).isBetween(budget * 2 / 3, budget);
            assertThat(run.getLast().after().cells()).isSorted();
        }
        assertThatThrownBy(() -> Models.plan(new Tca(), B16, Budget.count(1)))
                .hasMessageContaining("'tca' cannot condense 196 tokens into 1");
        assertThatThrownBy(() -> Models.plan(new Tca(), B16, Budget.full(), "rho=0.33"))
                .hasMessageContaining("choose a smaller rho");
    }

    @Test
    void fusedTokenIsTheUnnormalisedSum() {
        Matrix patches =
                Matrix.of(new float[] {1}, new float[] {2}, new float[] {4}, new float[] {8}, new float[] {16});
        float[] scores = {.1f, .5f, .2f, .05f, .15f};
        int[] order = {1, 2, 4, 0, 3};
        Decision.Merge merge = Condensation.condense(patches, scores, order, new Condensation.Split(1, 2, 2), 4, 1);
        assertThat(merge.groups()).isEqualTo(4);
        assertThat(merge.members(0)).containsExactly(1);
        assertThat(merge.anchors()).containsExactly(1, 4, 2, 0);
        assertThat(merge.members(3)).containsExactly(0, 3);
        assertThat(merge.weights(3)).containsExactly(.1f, .05f);
    }

    @Test
    void headRankingIsOfferedBesideMeanAttention() {
        Plan plan = Models.plan(new Tca(), B16, Budget.count(50), "rank=head-rank");
        assertThat(PathSimulator.run(plan, B16, 1).getLast().after().visualCount())
                .isLessThanOrEqualTo(50);
    }

    private static TcaReservoir.Settings settings(int capacity, boolean similarity) {
        return new TcaReservoir.Settings(capacity, 1, 7, 6, similarity);
    }

    /** Two layers with cosines .5 and .9: +2.01466. */
    @Test
    void correctionExample() {
        assertThat(TcaReservoir.layerWeights(2, 1)).containsExactly(new double[] {.26894, .73106}, offset(1e-5));
        Matrix item = Matrix.of(new float[] {1, 0}, new float[] {1, 0});
        Matrix now =
                Matrix.of(new float[] {.5f, (float) Math.sqrt(.75)}, new float[] {.9f, (float) Math.sqrt(1 - .81)});
        TcaReservoir reservoir = TcaReservoir.empty(3, settings(3, true)).with(new float[] {0, 5, 1}, item);
        assertThat(reservoir.correction(now)).containsExactly(new float[] {0, 2.01466f, 0}, offset(1e-4f));
    }

    @Test
    void theFirstImageAddsLambdaToItsOwnClass() {
        Matrix trajectory = PathSimulator.gaussian(new Random(1), 4, 6);
        TcaReservoir reservoir = TcaReservoir.empty(4, settings(3, true)).with(new float[] {1, 2, 9, 0}, trajectory);
        assertThat(reservoir.correction(trajectory)).containsExactly(new float[] {0, 0, 7, 0}, offset(1e-4f));
    }

    @Test
    void reservoirStaysSmallAndSorted() {
        Random random = new Random(2);
        for (boolean similarity : new boolean[] {true, false}) {
            TcaReservoir reservoir = TcaReservoir.empty(3, settings(2, similarity));
            for (int i = 0; i < 40; i++) {
                float[] logits = {(float) random.nextGaussian(), (float) random.nextGaussian(), 0};
                reservoir = reservoir.with(logits, PathSimulator.gaussian(random, 3, 5));
                for (int c = 0; c < 3; c++) {
                    assertThat(reservoir.items(c)).hasSizeLessThanOrEqualTo(2);
                    assertThat(reservoir.items(c))
                            .isSortedAccordingTo(java.util.Comparator.comparingDouble(TcaReservoir.Item::entropy));
                }
            }
        }
    }

    @Test
    void thePaperEvictsTheLeastCertain() {
        TcaReservoir reservoir = TcaReservoir.empty(2, settings(2, false));
        for (float margin : new float[] {1, 3, 2}) {
            reservoir = reservoir.with(new float[] {margin, 0}, Matrix.of(new float[] {margin}));
        }
        assertThat(reservoir.items(0)).extracting(i -> i.trajectory().get(0, 0)).containsExactly(3f, 2f);
    }

    @Test
    void noAnchorsBeforeEveryClassHasTwoImages() {
        TcaReservoir reservoir = TcaReservoir.empty(2, settings(3, true));
        Matrix[] t = {
            Matrix.of(new float[] {1, 0}, new float[] {1, 0}), Matrix.of(new float[] {3, 0}, new float[] {1, 0}),
            Matrix.of(new float[] {0, 1}, new float[] {0, 1}), Matrix.of(new float[] {0, 3}, new float[] {0, 1}),
        };
        for (int i = 0; i < 4; i++) {
            assertThat(reservoir.remembered(TcaReservoir.anchorsBehind(0)).rows())
                    .isZero();
            reservoir = reservoir.with(i < 2 ? new float[] {1, 0} : new float[] {0, 1}, t[i]);
        }
        Matrix anchors = reservoir.remembered(TcaReservoir.anchorsBehind(0));
        assertThat(anchors.data()).containsExactly(2, 0, 0, 2);
        assertThat(TcaReservoir.nearest(anchors, new float[] {.1f, .9f})).isEqualTo(1);
        assertThat(TcaReservoir.nearest(anchors, new float[] {.9f, .1f})).isZero();
        assertThat(reservoir.remembered("something else").rows()).isZero();
    }

    /** Ten classes: the first anchors come with the second image of the last class, and stay. */
    @Test
    void anchorsStartLateOnAStreamOfManyClasses() {
        Random random = new Random(3);
        Adaptation stream = TcaReservoir.empty(10, settings(3, true));
        int[] seen = new int[10];
        for (int i = 0; i < 120; i++) {
            int label = random.nextInt(10);
            float[] logits = new float[10];
            logits[label] = 1 + random.nextFloat();
            stream = stream.after(logits, PathSimulator.gaussian(random, 4, 6)).next();
            seen[label]++;
            boolean everyClassTwice = Arrays.stream(seen).allMatch(n -> n >= 2);
            assertThat(stream.remembered(TcaReservoir.anchorsBehind(2)).rows())
                    .as("after %d images", i + 1)
                    .isEqualTo(everyClassTwice ? 10 : 0);
        }
        assertThat(seen).doesNotContain(0, 1);
    }

    @Test
    void anImageSupportsItsOwnPrediction() {
        Matrix trajectory = PathSimulator.gaussian(new Random(4), 4, 6);
        float[] logits = {1, 2, 9, 0};
        Adaptation.Adapted adapted = TcaReservoir.empty(4, settings(3, true)).after(logits, trajectory);
        assertThat(adapted.logits()).containsExactly(new float[] {1, 2, 16, 0}, offset(1e-4f));
        assertThat(logits).containsExactly(1, 2, 9, 0);
        assertThat(((TcaReservoir) adapted.next()).items(2)).hasSize(1);
    }

    private static final ModelShape DUAL = Models.shape(14, 14, true, 12, 12, 16, 2, true, 0, 0, 1, 1);

    @Test
    void inADualEncoderTheNearestAnchorJoinsTheCondensingBlocks() {
        Plan plan = Models.plan(new Tca(), DUAL, Budget.full(), "rho=0.105");
        assertThat(plan.steps())
                .extracting(Step::station)
                .containsExactly(
                        new Station.EncoderOutput(2),
                        new Station.EncoderAttention(3),
                        new Station.EncoderOutput(5),
                        new Station.EncoderAttention(6),
                        new Station.EncoderOutput(8),
                        new Station.EncoderAttention(9));
        PathSimulator.Taken first = PathSimulator.run(plan, DUAL, 1).getFirst();
        Matrix known = first.signals().get(new Signal.Remembered(TcaReservoir.anchorsBehind(2)));
        float[] cls = first.signals().get(new Signal.EncoderStates()).row(0);
        Decision.Attend attend = (Decision.Attend) first.outcome().decision();
        assertThat(attend.tokens().data()).containsExactly(known.row(TcaReservoir.nearest(known, cls)));

        assertThat(Models.plan(new Tca(), DUAL, Budget.full(), "rho=0.105", "anchors=off")
                        .steps())
                .hasSize(3);
        assertThat(Models.plan(new Tca(), DUAL, Budget.full(), "rho=0.105", "reservoir=0")
                        .steps())
                .hasSize(3);
        // The first block of a shallow encoder has no block before it.
        assertThat(Models.plan(new Tca(), DUAL, Budget.full(), "rho=0.105", "l1=0")
                        .steps()
                        .getFirst()
                        .station())
                .isEqualTo(new Station.EncoderAttention(0));
    }

    @Test
    void theReservoirBelongsToStreamsUnderABudget() {
        assertThat(adaptation(DUAL, Budget.share(.5))).isInstanceOf(TcaReservoir.class);
        assertThat(adaptation(DUAL, Budget.full(), "rho=0")).isInstanceOf(TcaReservoir.class);
        assertThat(adaptation(DUAL, Budget.full())).isSameAs(Adaptation.none());
        assertThat(adaptation(DUAL, Budget.share(.5), "reservoir=0")).isSameAs(Adaptation.none());
        assertThat(adaptation(B16, Budget.share(.5))).isSameAs(Adaptation.none());
    }

    private static Adaptation adaptation(ModelShape shape, Budget budget, String... knobs) {
        Tca tca = new Tca();
        Map<String, String> set = new HashMap<>();
        for (String knob : knobs) {
            set.put(knob.split("=")[0], knob.split("=")[1]);
        }
        return tca.adaptation(shape, budget, Knobs.of(tca.card(), set), 5);
    }
}
