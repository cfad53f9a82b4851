package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the authors' own code computes, on the tiny LLaVA checkpoint with random weights in the layout in which they
 * publish theirs. Whose code at which commit is written in the file; what was run of it, in docs/results/README.md.
 */
class LearnedOfficialTest {
    private static final Path PUBLISHED = Path.of("src", "test", "resources", "published");
    private static final Checkpoint OFFICIAL =
            Checkpoint.open(Path.of("src", "test", "resources", "learned-official.safetensors"));
    private static final TinyLlava TINY = TinyLlava.open();
    private static final int[] SHORT = {1, 346, 30, 4, 203, 339, 225, 277};

    private static float[] official(String name) {
        return Tensors.floats(OFFICIAL.tensor(name));
    }

    private static int[] numbers(String name) {
        return Tensors.ints(OFFICIAL.tensor(name));
    }

    /** The plan of a technique with the weights of a folder, or with those that training starts from. */
    private static Plan plan(LearnedTechnique technique, String weights, String knobs) {
        String at = weights.equals("untrained")
                ? weights
                : PUBLISHED.resolve(weights).toString();
        String spec = technique.card().id() + ":weights=" + at + (knobs.isEmpty() ? "" : "," + knobs);
        LearnedPlanner planner = new LearnedPlanner(TINY.folder(), TINY.shape(), TINY.weights());
        return planner.plan(technique, TechniqueSpec.parse(spec), TINY.shape(), Budget.share(0.5));
    }

    /** Says how far two rows are apart, and holds it to a bound. */
    private static void assertApart(String what, float[] actual, float[] expected, double most) {
        assertThat(actual).hasSameSizeAs(expected);
        double apart = 0;
        for (int i = 0; i < actual.length; i++) {
            apart = Math.max(apart, Math.abs(actual[i] - expected[i]));
        }
        System.out.printf("official %s: largest difference %.2g%n", what, apart);
        assertThat(apart).as(what).isLessThan(most);
    }

    /** The generators, and the language model with what they made in five places of every second layer. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void vlora(int picture) {
        List<float[]> logits = TINY.logits(plan(new Vlora(), "vlora", ""), SHORT, picture, 77);
        float[] expected = official("vlora." + picture + ".logits");
        int words = expected.length / 2;
        for (int i = 0; i < 2; i++) {
            float[] row = Arrays.copyOfRange(expected, i * words, (i + 1) * words);
            assertApart("vlora." + picture + "." + i, logits.get(i), row, 1e-4);
        }
    }

    /**
     * Spatial tokens, another connector, and the factors of an adapter in the language model. The norms before the
     * attention to details see three channels alone, which carries rounding far.
     */
    @ParameterizedTest
    @CsvSource({"pooling, 0", "pooling, 1", "cropping, 0", "cropping, 1"})
    void llavaSp(String maps, int picture) {
        String name = "llava-sp-" + maps;
        List<float[]> logits = TINY.logits(plan(new LlavaSp(), name, ""), TINY.ids("one_image"), picture);
        assertApart(name + "." + picture, logits.getFirst(), official(name + "." + picture + ".logits"), 5e-4);
    }

    /** A prompt that stays to the end, and one whose picture leaves. */
    @ParameterizedTest
    @CsvSource({"0, -1", "1, 1"})
    void dyvte(int picture, int exit) {
        assertThat(numbers("dyvte." + picture + ".exit")).containsExactly(exit);
        List<float[]> logits = TINY.logits(plan(new Dyvte(), "dyvte", ""), TINY.ids("one_image"), picture);
        assertApart("dyvte." + picture, logits.getFirst(), official("dyvte." + picture + ".logits"), 1e-4);
    }

    @ParameterizedTest
    @CsvSource({"1, 0, compressed", "1, 1, all", "2, 0, all", "2, 1, compressed"})
    void vocoLlama(int n, int picture, String cache) {
        Plan plan = plan(new VocoLlama(), "voco-llama", "n=" + n + ",cache=" + cache);
        List<float[]> logits = TINY.logits(plan, TINY.ids("one_image"), picture);
        String name = "voco-llama." + n + "." + picture;
        assertApart(name, logits.getFirst(), official(name + ".logits"), 1e-4);
    }

    /** Three words, sixteen vision tokens, n compression tokens, six words. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void whoSeesWhom(int n) {
        int[] visual = new int[16 + n];
        int[] cells = new int[16 + n];
        for (int i = 0; i < visual.length; i++) {
            visual[i] = 3 + i;
            cells[i] = i < 16 ? i : Decision.CLS;
        }
        int length = 25 + n;
        Layout layout = new Layout(length, visual, cells, 4, 4, 1, 16);
        AttentionEdges edges = VocoGroups.of(layout, false).edges(false);
        float[] sees = Tensors.floats(OFFICIAL.tensor("voco-llama." + n + ".mask"));
        for (int query = 0; query < length; query++) {
            for (int key = 0; key < length; key++) {
                assertThat(edges.sees(query, key)).as(query + " of " + key).isEqualTo(sees[query * length + key] > 0);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 9, 20, 36, 100, 144})
    void matryoshka(int s) {
        Plan plan = Models.untrained(new Matryoshka(), Models.LLAVA, Budget.full(), "s=" + s);
        Decision.Merge merge = (Decision.Merge) FakeSignals.of(Layout.ofGrid(24, 24))
                .run(plan.steps().getLast())
                .decision();
        float[] tokens = official("matryoshka.tokens");
        float[] pooled = new float[2 * merge.groups()];
        for (int group = 0; group < merge.groups(); group++) {
            int[] members = merge.members(group);
            for (int m = 0; m < members.length; m++) {
                for (int c = 0; c < 2; c++) {
                    pooled[2 * group + c] += merge.weights(group)[m] * tokens[2 * members[m] + c];
                }
            }
        }
        assertApart("matryoshka." + s, pooled, official("matryoshka." + s), 1e-5);
    }

    @ParameterizedTest
    @CsvSource({
        "one_image, 1, 4", "one_image, 2, 8", "one_image, 2, 5", "one_image, 3, 16",
        "two_images, 1, 4", "two_images, 2, 8", "two_images, 2, 5", "two_images, 3, 16"
    })
    void llavolta(String prompt, int layer, int stride) {
        List<float[]> logits = TINY.logits(plan(new LlaVolta(), "untrained", "k=" + layer + ",s=" + stride), prompt);
        String name = "llavolta." + prompt + "." + layer + "." + stride;
        assertApart(name, logits.getFirst(), official(name + ".logits"), 1e-4);
    }

    /** Of a checkpoint that is a whole model nothing is left to add, once it is the one that was opened. */
    @Test
    void aWholeModelAddsNothingToItself() {
        List<float[]> taken = TINY.logits(plan(new Matryoshka(), "dyvte", "s=4"), "one_image", 77);
        List<float[]> untrained = TINY.logits(plan(new Matryoshka(), "untrained", "s=4"), "one_image", 77);
        assertThat(taken.getLast()).containsExactly(untrained.getLast());
    }

    @Test
    void adaptVisionCutsAsManyTiles() {
        int[] cases = numbers("adaptvision.grids");
        assertThat(cases.length).isEqualTo(36 * 5);
        for (int i = 0; i < cases.length; i += 5) {
            TileGrid grid = TileGrid.of(cases[i + 1], cases[i + 2], cases[i], 3);
            assertThat(grid).isEqualTo(new TileGrid(cases[i + 3], cases[i + 4]));
        }
    }

    @Test
    void adaptVisionMergesTheTokensOfATile() {
        TileTokens tokens = new TileTokens(6, 3, 4, false);
        Signal.Projected projected = new Signal.Projected();
        try (Scope ignored = Scope.inference()) {
            Tensor all = OFFICIAL.tensor("adaptvision.tokens");
            OwnWeights own = OwnWeights.copyOf(
                    "adaptvision-scaling",
                    Map.of(
                            "places", Tensors.of(new float[12 * 6], 12, 6),
                            "merge.weight", OFFICIAL.tensor("adaptvision.merge.weight"),
                            "merge.bias", OFFICIAL.tensor("adaptvision.merge.bias")));
            for (int tile = 0; tile < 3; tile++) {
                Part part = new Part.Tile(0, tile);
                Matrix seen = new Matrix(16, 6, Tensors.floats(all.select(0, tile + 1)));
                Step step = new Step(
                        new Station.Projector(),
                        List.of(projected),
                        s -> Outcome.of(tokens.of(part, new TileGrid(1, 4), s, projected, own)));
                Decision.Resample made =
                        (Decision.Resample) FakeSignals.of(Layout.ofGrid(new Ledger.Grid(4, 4, 0, part, 1)))
                                .with(projected, seen)
                                .run(step)
                                .decision();
                float[] expected =
                        Tensors.floats(OFFICIAL.tensor("adaptvision.local").select(0, tile));
                assertApart(
                        "adaptvision-scaling." + tile,
                        TensorRows.matrix(made.tokens()).data(),
                        expected,
                        1e-5);
            }
            own.close();
        }
    }
}
