package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked numbers of VLoRA, arXiv 2405.20339, and what torch's own layers compute. */
class VloraTest {
    private static final Vlora TECHNIQUE = new Vlora();
    private static final Path GOLDEN = Path.of("src", "test", "resources", "vlora.safetensors");
    private static final String[] PAPER = {"rank=64", "width=512", "blocks=8", "heads=16"};

    /** The sizes of peek's parts. */
    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    private static ModelShape shape(int grid, int encoder, int layers, int width, int kvHeads) {
        return Models.shape(grid, grid, true, 2, 2, encoder, 2, false, layers, width, 2, kvHeads);
    }

    private static SquareGrid grid(int side, int width) {
        return new SquareGrid("vlora", side, width);
    }

    private static Addition.LowRank lowRank(Additions additions, String name) {
        return (Addition.LowRank) Objects.requireNonNull(additions.byName().get(name), name);
    }

    /** Weights all 0 but for these. */
    private static OwnWeights weights(PerceptualWeights of, Map<String, float[]> set) {
        Declaration.Builder declared = Declaration.begin();
        of.declare(declared);
        Map<String, Tensor> all = new LinkedHashMap<>();
        try (Scope ignored = Scope.inference()) {
            for (Declaration.Parameter p : declared.build().parameters()) {
                float[] values = set.getOrDefault(p.name(), new float[Math.toIntExact(p.size())]);
                all.put(p.name(), Tensors.of(values, p.sizes()));
            }
            return OwnWeights.copyOf("vlora", all);
        }
    }

    /** d = 2, r = 1, alpha = 2: x A = 2 becomes (0.8, -0.4), with the factors and with their product alike. */
    @Test
    void aVectorOfTwoNumbers() {
        ModelShape two = shape(1, 1, 1, 2, 2);
        PerceptualWeights small = new PerceptualWeights(two, grid(1, 1), 1, 0, 1, 1, 2, 1, "q");
        try (Scope ignored = Scope.inference();
                OwnWeights own = weights(
                        small, Map.of("q.head.bias", new float[] {1, 0.5f}, "q.shared", new float[] {0.2f, -0.1f}))) {
            Additions additions = small.of(Tensors.of(new float[] {3}, 1, 1, 1, 1), own);
            assertThat(additions.byName()).hasSize(1);
            Addition.LowRank low = lowRank(additions, "text.layers.0.self_attn.q_proj.weight");
            Tensor x = Tensors.of(new float[] {1, 2}, 1, 2);
            Tensor inside = x.matmul(low.down().t());
            assertThat(Tensors.floats(inside)).containsExactly(2);
            assertThat(Tensors.floats(Tensors.scale(inside.matmul(low.up().t()), low.scale())))
                    .containsExactly(new float[] {0.8f, -0.4f}, within(1e-6f));
            // As y = x W has it; the weight of a linear map is kept the other way round.
            Tensor change = low.onto("w", Tensors.of(new float[4], 2, 2)).t();
            assertThat(Tensors.floats(change)).containsExactly(new float[] {0.4f, -0.2f, 0.2f, -0.1f}, within(1e-6f));
            assertThat(Tensors.floats(x.matmul(change))).containsExactly(new float[] {0.8f, -0.4f}, within(1e-6f));
        }
    }

    private static PerceptualWeights golden() {
        return new PerceptualWeights(shape(4, 10, 4, 12, 2), grid(4, 10), 16, 2, 4, 3, 6, 2, "qkvom");
    }

    /**
     * Factors, and what they add to seven vectors, as torch's own layers compute them; the authors' modules are 1.0e-6 and
     * 1.5e-5 from those (docs/results/README.md).
     */
    @Test
    void whatTorchComputes() {
        try (Checkpoint file = Checkpoint.open(GOLDEN);
                Scope ignored = Scope.inference()) {
            Declaration.Builder declared = Declaration.begin();
            golden().declare(declared);
            Map<String, Tensor> all = new LinkedHashMap<>();
            declared.build().parameters().forEach(p -> all.put(p.name(), file.tensor(p.name())));
            try (OwnWeights own = OwnWeights.copyOf("vlora", all)) {
                Additions additions = golden().of(grid(4, 10).of(file.tensor("seen"), Layout.ofGrid(4, 4)), own);
                assertThat(additions.byName()).hasSize(10);
                double factors = 0;
                double added = 0;
                for (char kind : "qkvom".toCharArray()) {
                    for (int i = 0; i < 2; i++) {
                        String at = "text.layers." + (2 * i + 1);
                        Addition.LowRank low = lowRank(
                                additions, kind == 'm' ? at + ".mlp" : at + ".self_attn." + kind + "_proj.weight");
                        Tensor y = file.tensor("x")
                                .matmul(low.down().t())
                                .matmul(low.up().t());
                        factors = Math.max(
                                factors,
                                apart(low.down().t(), file.tensor(kind + ".A").select(0, i)));
                        added = Math.max(
                                added,
                                apart(
                                        Tensors.scale(y, low.scale()),
                                        file.tensor(kind + ".added").select(0, i)));
                        rankIsAtMost(3, low);
                    }
                }
                System.out.printf("vlora: largest difference of factors %.2g, of what they add %.2g%n", factors, added);
                assertThat(factors).isLessThan(1e-5);
                assertThat(added).isLessThan(1e-4);
            }
        }
    }

    private static double apart(Tensor a, Tensor b) {
        return a.sub(b).abs().max().item_double();
    }

    private static void rankIsAtMost(int rank, Addition.LowRank low) {
        float[] values = Tensors.floats(torch.linalg_svdvals(low.up().matmul(low.down())));
        assertThat(values[rank - 1]).isGreaterThan(1e-2f);
        assertThat(values[rank]).isLessThan(1e-4f * values[0]);
    }

    @ParameterizedTest
    @CsvSource({"32, 4, 3 7 11 15 19 23 27 31", "6, 1, 0 1 2 3 4 5", "6, 4, 3", "7, 2, 1 3 5"})
    void theLayersThatChange(int depth, int step, String layers) {
        PerceptualWeights p = new PerceptualWeights(shape(2, 3, depth, 4, 1), grid(2, 3), 4, 1, 2, 1, 1, step, "qm");
        int[] expected =
                Arrays.stream(layers.split(" ")).mapToInt(Integer::parseInt).toArray();
        try (Scope ignored = Scope.inference();
                OwnWeights own = weights(p, Map.of())) {
            Additions additions = p.of(Tensors.of(new float[12], 1, 3, 2, 2), own);
            assertThat(additions.byName().keySet())
                    .containsExactlyInAnyOrderElementsOf(IntStream.of(expected)
                            .mapToObj(l -> List.of(
                                    "text.layers." + l + ".self_attn.q_proj.weight", "text.layers." + l + ".mlp"))
                            .flatMap(List::stream)
                            .toList());
        }
    }

    /** Keys and values of fewer heads than queries. */
    @Test
    void narrowerKeysAndValues() {
        PerceptualWeights p = new PerceptualWeights(shape(2, 3, 1, 8, 1), grid(2, 3), 4, 1, 2, 2, 2, 1, "qkvom");
        try (Scope ignored = Scope.inference();
                OwnWeights own = weights(p, Map.of())) {
            Additions additions = p.of(Tensors.of(new float[12], 1, 3, 2, 2), own);
            additions.byName().forEach((name, addition) -> {
                Addition.LowRank low = (Addition.LowRank) addition;
                boolean narrow = name.contains("k_proj") || name.contains("v_proj");
                assertThat(Tensors.shape(low.up())).as(name).containsExactly(narrow ? 4 : 8, 2);
                assertThat(Tensors.shape(low.down())).as(name).containsExactly(2, 8);
            });
        }
    }

    private static long generators(Declaration declaration) {
        return declaration.parameters().stream()
                .filter(p -> !p.name().startsWith("text."))
                .mapToLong(Declaration.Parameter::size)
                .sum();
    }

    @Test
    void asManyWeightsAsThePaperHasAndAsFewAsPeekMayHave() {
        assertThat(generators(TECHNIQUE.declaration(Models.LLAVA, Models.knobs(TECHNIQUE, PAPER))))
                .isEqualTo(851_891_712L);
        String[] wide = PAPER.clone();
        wide[1] = "width=1024";
        assertThat(generators(TECHNIQUE.declaration(Models.LLAVA, Models.knobs(TECHNIQUE, wide))))
                .isEqualTo(2_027_531_264L);
        Declaration peek = TECHNIQUE.declaration(PEEK, Knobs.defaults(TECHNIQUE.card()));
        assertThat(2 * peek.size()).isLessThan(4_000_000);
        assertThat(peek.parameters().stream().filter(p -> p.name().endsWith(".shared")))
                .hasSize(5)
                .allSatisfy(p -> {
                    assertThat(p.start()).isEqualTo(new Declaration.Start.Constant(0));
                    assertThat(p.shape()).containsExactly(6L, 256L, 8L);
                });
    }

    /** What is multiplied is what is said to be; at the paper's sizes 38 GFLOP a picture and 42 MFLOP a token. */
    @Test
    void operations() {
        PerceptualWeights paper = new PerceptualWeights(Models.LLAVA, grid(24, 1024), 512, 8, 16, 64, 64, 4, "qkvom");
        assertThat(paper.generating() / 1e9).isCloseTo(38, within(0.5));
        assertThat(paper.applying() / 1e6).isCloseTo(41.9, within(0.1));
        try (Scope ignored = Scope.inference();
                OwnWeights own = weights(golden(), Map.of());
                Work issued = Work.count()) {
            golden().of(Tensors.of(new float[160], 1, 10, 4, 4), own);
            assertThat(issued.flops()).isEqualTo(golden().generating());
        }
    }

    @Test
    void whereItActs() {
        assertThat(stations(PEEK))
                .containsExactly(
                        new Station.Weights(),
                        new Station.Connector(),
                        new Station.Connector(),
                        new Station.Decoder(0));
        assertThat(stations(PEEK, "placeholder=none"))
                .containsExactly(new Station.Weights(), new Station.Connector(), new Station.Connector());
    }

    private static List<Station> stations(ModelShape shape, String... knobs) {
        return Models.plan(TECHNIQUE, shape, Budget.full(), knobs).steps().stream()
                .map(Step::station)
                .toList();
    }

    @Test
    void whatCannotBeIsOneSentence() {
        assertThatThrownBy(() -> Models.plan(TECHNIQUE, PEEK, Budget.full(), "heads=3"))
                .hasMessage("Technique 'vlora' cannot divide a width of 64 over 3 heads; set its knob 'heads' to a"
                        + " divisor.");
        Knobs knobs = Knobs.defaults(TECHNIQUE.card());
        try (OwnWeights own = OwnWeights.initial("vlora", TECHNIQUE.declaration(Models.SMALL, knobs), 1)) {
            assertThatThrownBy(() -> TECHNIQUE.plan(Models.SMALL.withGrid(9, 14), Budget.full(), knobs, own))
                    .hasMessage(
                            "The weights of technique 'vlora' are not for a grid of 9 x 9 tokens; set its knob 'side'"
                                    + " to that of the grid that they were made for.");
        }
        Step weights = TECHNIQUE
                .plan(PEEK, Budget.full(), Knobs.defaults(TECHNIQUE.card()))
                .steps()
                .getFirst();
        assertThatThrownBy(() -> FakeSignals.of(Layout.ofGrid(16, 16)).run(weights))
                .hasMessageContaining("was planned without its trained weights");
        assertThat(((Decision.Keep) FakeSignals.of(Layout.ofGrid(16, 16))
                                .run(Models.plan(TECHNIQUE, PEEK, Budget.full())
                                        .steps()
                                        .get(2))
                                .decision())
                        .indices())
                .containsExactly(0);
    }
}
