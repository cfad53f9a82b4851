package dev.fovea.eval.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostModelTest {
    private static final Techniques TECHNIQUES = Techniques.installed().plannedBy(LearnedPlanner.blank());

    private static double layers(String model, Load load) {
        Cost cost = Geometries.find(model).asPublished().cost(Plan.plain(), load);
        return cost.prefill().stream().mapToLong(Long::longValue).sum() / 1e12;
    }

    @Test
    void llava7bMatchesThePublishedFormula() {
        // Per layer 8 n d^2 + 4 n^2 d + 6 n d m: 8069, 8504 and 9378 GFLOP for 32, 64 and 128 text tokens.
        ModelShape shape = Geometries.find("llava-1.5-7b").shape();
        assertThat(layers("llava-1.5-7b", Load.full(shape, 32, 1))).isCloseTo(8.069, within(0.001));
        assertThat(layers("llava-1.5-7b", Load.full(shape, 64, 1))).isCloseTo(8.504, within(0.001));
        assertThat(layers("llava-1.5-7b", Load.full(shape, 128, 1))).isCloseTo(9.378, within(0.001));
    }

    @Test
    void llava7bEncoderAndKeysAndValues() {
        CostModel model = Geometries.find("llava-1.5-7b");
        Cost cost = model.cost(Plan.plain(), Load.full(model.shape(), 64, 1));
        // 23 layers of ViT-L/14 over 577 tokens: 23 (24 n d^2 + 4 n^2 d).
        assertThat(cost.encoderTotal() / 1e12).isCloseTo(0.367, within(0.002));
        assertThat(cost.kvTotal()).isEqualTo(32L * 2 * 4096 * 640 * 2);
        assertThat(cost.kvBytes()).hasSize(32).containsOnly(2L * 4096 * 640 * 2);
    }

    @Test
    void onlyTheLastTokenNeedsTheLastLayer() {
        CostModel model = Geometries.find("llava-1.5-7b");
        Load load = Load.full(model.shape(), 64, 1);
        Cost computed = model.cost(Plan.plain(), load);
        Cost published = model.asPublished().cost(Plan.plain(), load);
        assertThat(computed.prefill().subList(0, 31))
                .isEqualTo(published.prefill().subList(0, 31));
        assertThat(computed.prefill().get(31)).isLessThan(published.prefill().get(31) / 4);
    }

    @Test
    void decodingCountsTokensAfterTheFirst() {
        CostModel model = Geometries.find("peek");
        assertThat(model.cost(Plan.plain(), Load.full(model.shape(), 20, 1)).decode())
                .isZero();
        long one = model.cost(Plan.plain(), Load.full(model.shape(), 20, 2)).decode();
        long perToken = 6 * (8L * 256 * 256 + 6L * 256 * 512 + 4L * 277 * 256) + 2L * 256 * 1280;
        assertThat(one).isEqualTo(perToken);
    }

    @Test
    void everyTechniqueCanBeCountedWithoutWeights() {
        for (String model : List.of("llava-1.5-7b", "peek")) {
            CostModel costs = Geometries.find(model);
            int visual = costs.shape().visualTokens();
            Cost full = costs.cost(Plan.plain(), Load.full(costs.shape(), 40, 1));
            for (var technique : TECHNIQUES.planned()) {
                String id = technique.card().id();
                Budget budget = Budget.share(0.5);
                Plan plan = TECHNIQUES.plan(List.of(id), costs.shape(), budget, 1);
                Load load = PlanSimulator.load(costs.shape(), plan, 40, 1);
                Cost cost = costs.cost(plan, load);
                // Nothing predicts the simulator's pixels, so that PixelPrune, which reads no budget, drops nothing;
                // gates
                // without weights never let go.
                List<String> idle = List.of(
                        "full", "attention-rebalancing", "m3id", "vista", "grains", "pixelprune", "dyvte", "covt");
                List<String> accompanied = List.of("attention-rebalancing", "m3id");
                List<String> adding = List.of("llava-sp", "adaptvision-scaling");
                if (id.equals("voco-llama")) {
                    assertThat(load.meanVisual()).isEqualTo(visual + 8);
                    assertThat(load.cached()).containsOnly(8);
                    assertThat(cost.kvTotal()).isEqualTo(full.kvTotal() * 48 / (visual + 40));
                    continue;
                }
                if (adding.contains(id)) {
                    assertThat(load.meanVisual()).as(model + " " + id).isGreaterThan(visual);
                    assertThat(cost.kvTotal()).isGreaterThan(full.kvTotal());
                    continue;
                }
                if (id.equals("vlora")) {
                    // The picture is in the weights.
                    assertThat(load.meanVisual()).isZero();
                    assertThat(cost.prefillTotal()).as(model).isLessThan(full.prefillTotal() / 2);
                    assertThat(cost.own()).isPositive();
                    continue;
                }
                if (idle.contains(id)) {
                    assertThat(load.meanVisual()).as(model + " " + id).isEqualTo(visual);
                } else {
                    // Two find their own number of tokens in what they see, and one leaves none.
                    double least = id.equals("vlora")
                            ? 0
                            : List.of("recoverable-compression", "prumerge", "llava-mini")
                                            .contains(id)
                                    ? 1
                                    : visual * 0.2;
                    assertThat(load.meanVisual()).as(model + " " + id).isBetween(least, visual * 0.75);
                    assertThat(cost.prefillTotal()).as(model + " " + id).isLessThan(full.prefillTotal());
                }
                if (accompanied.contains(id)) {
                    // A second cache of the words alone.
                    assertThat(cost.kvTotal()).isEqualTo(full.kvTotal() * (visual + 2 * 40) / (visual + 40));
                } else {
                    assertThat(cost.kvTotal()).isLessThanOrEqualTo(full.kvTotal());
                }
            }
        }
    }

    /** Second branches cost what reading and answering their prompts costs: LLaVA-1.5-7B, 64 words, two tokens. */
    @Test
    void branchesAreCounted() {
        CostModel model = Geometries.find("llava-1.5-7b");
        long d = 4096;
        long m = 11008;
        long head = 2 * d * model.shape().vocabulary();
        long words = 31 * (8 * 64 * d * d + 4 * 64 * 64 * d + 6 * 64 * d * m)
                + (4 * d * d + 4 * 64 * d * d + 4 * 64 * d + 6 * d * m);
        long token = 32 * (8 * d * d + 4 * 65 * d + 6 * d * m) + head;
        Cost plain = costOfTwo(model, "full");
        Cost grounded = costOfTwo(model, "m3id");
        assertThat(plain.branches()).isZero();
        assertThat(grounded.branches()).isEqualTo(words + head);
        assertThat(grounded.decode()).isEqualTo(plain.decode() + token);
        Cost steered = costOfTwo(model, "vista");
        assertThat(steered.branches()).isEqualTo(layers(plain) + words + 5 * head);
        assertThat(steered.decode()).isEqualTo(plain.decode() + 5 * head);
        assertThat(steered.kvTotal()).isEqualTo(plain.kvTotal());
    }

    private static Cost costOfTwo(CostModel model, String technique) {
        Plan plan = TECHNIQUES.plan(List.of(technique), model.shape(), Budget.full(), 1);
        return model.cost(plan, PlanSimulator.load(model.shape(), plan, 64, 2));
    }

    /**
     * A layer in which words read 576 patches costs a quarter of a TFLOP, as published on average; with four of them and
     * one visual token the language model's prefill and all of the technique's own take a quarter of the plain model's.
     */
    @Test
    void layersInWhichWordsReadAPicture() {
        CostModel model = Geometries.find("llava-1.5-7b");
        Cost full = model.cost(Plan.plain(), Load.full(model.shape(), 64, 1));
        long before = cost(model, "llava-mini:layers=1", Budget.full()).own();
        for (int layers = 2; layers <= 4; layers++) {
            Cost cost = cost(model, "llava-mini:layers=" + layers, Budget.full());
            assertThat((cost.own() - before) / 1e12).isCloseTo(0.25, within(0.02));
            assertThat(layers(cost) + cost.own()).isLessThan(layers(full) / 4);
            assertThat(cost.kvTotal()).isEqualTo(full.kvTotal() / 640 * 65);
            before = cost.own();
        }
        long queries = cost(model, "llava-mini:layers=0", Budget.full()).own();
        assertThat(queries).isEqualTo(2 * (2 * 577 * 1024L * 1024 + 2 * 576 * 1024L));
        // Four tiles and an overview, of whose 48 x 48 features 64 tokens are made and which words read at once.
        Plan cut = TECHNIQUES.plan(List.of("llava-mini:cut=2,c=8,layers=0"), model.shape(), Budget.full(), 1);
        Load load = PlanSimulator.load(model.shape(), cut, 64, 1);
        assertThat(load.meanVisual()).isEqualTo(64);
        assertThat((double) load.own()).isCloseTo(2.0 * (2 * 2368 * 1024L * 1024 + 2 * 64 * 2304 * 1024L), within(1e3));
        long one = cost(model, "llava-mini:cut=2,c=8,layers=2", Budget.full()).own();
        long two = cost(model, "llava-mini:cut=2,c=8,layers=3", Budget.full()).own();
        long tokens = 5 * 576 + 64 + 64;
        assertThat(two - one).isEqualTo(2 * tokens * (4L * 4096 * 4096 + 3L * 4096 * 11008 + 2 * tokens * 4096));
    }

    private static Cost cost(CostModel model, String technique, Budget budget) {
        Plan plan = TECHNIQUES.plan(List.of(technique), model.shape(), budget, 1);
        return model.cost(plan, PlanSimulator.load(model.shape(), plan, 64, 1));
    }

    private static long layers(Cost cost) {
        return cost.prefill().stream().mapToLong(Long::longValue).sum();
    }

    /** What is added to the model's own weights costs nothing; what a step multiplies by its own is counted. */
    @Test
    void ownWeightsCostWhatTheyMultiply() {
        CostModel model = Geometries.find("llava-1.5-7b");
        assertThat(cost(model, "matryoshka", Budget.count(144)).own()).isZero();
        assertThat(cost(model, "hiprune", Budget.count(144)).own()).isZero();
        // 31 gates of two matrices, 2 * 4096 x 2048 and 2048 x 2: shut, all of them are asked.
        assertThat(cost(model, "dyvte", Budget.share(0.5)).own()).isEqualTo(31L * 2 * (8192L * 2048 + 2048 * 2));
        assertThat(cost(model, "dyvte:exit=15", Budget.full()).own()).isZero();
    }

    /** Of 32 layers and 576 visual beside 64 text tokens: an exit behind 8, 16 or 20 layers. */
    @Test
    void anExitSparesTheLayersBehind() {
        CostModel model = Geometries.find("llava-1.5-7b").asPublished();
        long full = layers(model.cost(Plan.plain(), Load.full(model.shape(), 64, 1)));
        double[][] published = {{7, 0.677}, {15, 0.451}, {19, 0.339}};
        for (double[] exit : published) {
            long own = layers(cost(model, "dyvte:exit=" + (int) exit[0], Budget.full()));
            assertThat(1 - (double) own / full).isCloseTo(exit[1], within(0.002));
        }
    }

    /** The module of CoViPAL is small beside what it spares: prefill and cache fall with the tokens. */
    @Test
    void theScoresOfCoViPalAreCheap() {
        CostModel model = Geometries.find("llava-1.5-7b").asPublished();
        Cost full = model.cost(Plan.plain(), Load.full(model.shape(), 64, 1));
        for (double share : new double[] {0.5, 0.25}) {
            Cost cost = cost(model, "covipal", Budget.share(share));
            assertThat(cost.own()).isPositive().isLessThan(full.prefillTotal() / 50);
            double tokens = (64 + share * 576) / 640;
            assertThat((double) cost.kvTotal() / full.kvTotal()).isCloseTo(tokens, within(1e-9));
            assertThat((double) layers(cost) / layers(full)).isCloseTo(tokens, within(0.02));
        }
    }

    /** A compression token takes 524,288 bytes in a cache of 32 layers and 4,096 channels. */
    @Test
    void aCompressedPictureTakesWhatItsTokensTake() {
        CostModel costs = Geometries.find("llava-1.5-7b");
        long[] kv = new long[3];
        for (int n = 1; n <= 2; n++) {
            Plan plan = TECHNIQUES.plan(List.of("voco-llama:n=" + n), costs.shape(), Budget.count(1), 1);
            Cost cost = costs.cost(plan, PlanSimulator.load(costs.shape(), plan, 40, 2));
            kv[n] = cost.kvTotal();
            Cost full = costs.cost(Plan.plain(), Load.full(costs.shape(), 40, 2));
            assertThat(cost.decode()).isLessThan(full.decode());
        }
        assertThat(kv[2] - kv[1]).isEqualTo(524_288);
        assertThat(kv[1]).isEqualTo(41 * 524_288L);
    }

    @Test
    void unknownNamesAreAnsweredWithTheNearest() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Geometries.find("llava-1.5-7"))
                .withMessageContaining("did you mean 'llava-1.5-7b'?")
                .withMessageContaining("peek");
    }
}
