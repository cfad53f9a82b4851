package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The worked numbers of LLaVA-SP, arXiv 2507.00505, and what torch's own layers compute. */
class LlavaSpTest {
    private static final LlavaSp TECHNIQUE = new LlavaSp();
    private static final Path RESOURCES = Path.of("src", "test", "resources");
    private static final Path TINY = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-mha");

    /** The sizes of peek's parts. */
    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    /** Maps of a grid of one channel, with kernels of one channel. */
    private static SpatialTokens tokens(int side, int step, boolean cropping) {
        return new SpatialTokens(new SquareGrid("llava-sp", side, 1), step, 1, 1, cropping, false);
    }

    private static Tensor grid(int side) {
        return Tensors.of(counted(side * side), 1, 1, side, side);
    }

    private static float[] counted(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = i;
        }
        return values;
    }

    private static float[] filled(int n, double value) {
        float[] values = new float[n];
        Arrays.fill(values, (float) value);
        return values;
    }

    @Test
    void theSquaresOfTheMiddle() {
        try (Scope ignored = Scope.inference()) {
            SpatialTokens paper = tokens(24, 4, true);
            assertThat(paper.sides()).containsExactly(4, 8, 12, 16, 20, 24);
            int[] firsts = {10, 8, 6, 4, 2, 0};
            int[] lasts = {13, 15, 17, 19, 21, 23};
            for (int i = 0; i < firsts.length; i++) {
                float[] square = Tensors.floats(paper.map(grid(24), paper.sides()[i]));
                assertThat(square[0]).isEqualTo(firsts[i] * 24 + firsts[i]);
                assertThat(square[square.length - 1]).isEqualTo(lasts[i] * 24 + lasts[i]);
            }
            float[] four = Tensors.floats(paper.map(grid(24), 4));
            assertThat(four[0]).isEqualTo(250);
            assertThat(four[15]).isEqualTo(325);
        }
    }

    @Test
    void aGridOfSixteenValuesUnderKernelsOfOnes() {
        Map<String, Tensor> ones = new LinkedHashMap<>();
        ones.put("sfe.2of4.weight", Tensors.of(filled(4, 1), 1, 1, 2, 2));
        ones.put("sfe.4of4.weight", Tensors.of(filled(16, 1), 1, 1, 4, 4));
        try (Scope ignored = Scope.inference();
                OwnWeights own = OwnWeights.copyOf("llava-sp", ones)) {
            assertThat(Tensors.floats(tokens(4, 2, true).extracted(grid(4), own)))
                    .containsExactly(5 + 6 + 9 + 10, 120);
            assertThat(Tensors.floats(tokens(4, 2, false).map(grid(4), 2))).containsExactly(2.5f, 4.5f, 10.5f, 12.5f);
            assertThat(Tensors.floats(tokens(4, 2, false).extracted(grid(4), own)))
                    .containsExactly(30, 120);
        }
    }

    /** Bin i of k covers the columns from floor(i n / k) to ceil((i + 1) n / k). */
    @Test
    void binsOfTheAverage() {
        try (Scope ignored = Scope.inference()) {
            assertThat(firstRow(6, 4)).containsExactly(0.5f, 1.5f, 3.5f, 4.5f);
            assertThat(Arrays.copyOf(firstRow(24, 20), 6)).containsExactly(0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 6.5f);
        }
    }

    /** Averages of columns that hold their own number. */
    private static float[] firstRow(int side, int k) {
        float[] columns = new float[side * side];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = i % side;
        }
        Tensor map = tokens(side, k, false).map(Tensors.of(columns, 1, 1, side, side), k);
        return Arrays.copyOf(Tensors.floats(map), k);
    }

    /** The sides of the maps, and the kernel of the details: two thirds of the grid's side. */
    @ParameterizedTest
    @CsvSource({
        "24, 4, 4 8 12 16 20 24, 16",
        "16, 4, 4 8 12 16, 10",
        "24, 8, 8 16 24, 16",
        "8, 2, 2 4 6 8, 5",
        "27, 4, 4 8 12 16 20 24 27, 18",
        "3, 4, 3, 2",
        "1, 4, 1, 1"
    })
    void mapsOfOtherGrids(int side, int step, String sides, int kernel) {
        SpatialTokens own = tokens(side, step, true);
        assertThat(own.sides())
                .containsExactly(Arrays.stream(sides.split(" "))
                        .mapToInt(Integer::parseInt)
                        .toArray());
        assertThat(own.detailKernel()).isEqualTo(kernel);
    }

    /** Details of two channels in a 4 x 4 grid whose kernel copies the first cell of each 2 x 2 block. */
    private static final SpatialTokens TWO = new SpatialTokens(new SquareGrid("llava-sp", 4, 2), 4, 2, 1, true, true);

    private static OwnWeights attention(double valueBias, boolean values) {
        double root = Math.sqrt(2);
        Map<String, Tensor> w = new LinkedHashMap<>();
        float[] copy = new float[16];
        copy[0] = 1;
        copy[12] = 1;
        w.put("dfi.detail.weight", Tensors.of(copy, 2, 2, 2, 2));
        for (String part : List.of("query", "key", "value")) {
            w.put("dfi." + part + ".norm.weight", Tensors.of(filled(2, 1), 2));
            w.put("dfi." + part + ".norm.bias", Tensors.of(filled(2, 0), 2));
            w.put("dfi." + part + ".weight", Tensors.of(new float[] {1, 0, 0, 0}, 2, 2));
            w.put("dfi." + part + ".bias", Tensors.of(filled(2, 0), 2));
        }
        w.put("dfi.query.weight", Tensors.of(filled(4, 0), 2, 2));
        w.put("dfi.query.bias", Tensors.of(new float[] {(float) root, 0}, 2));
        w.put("dfi.value.weight", Tensors.of(values ? new float[] {1, 0, 0, 0} : filled(4, 0), 2, 2));
        w.put("dfi.value.bias", Tensors.of(filled(2, valueBias), 2));
        return OwnWeights.copyOf("llava-sp", w);
    }

    /** One channel up and the other down in the upper half, the other way round in the lower one. */
    private static Tensor halves() {
        float[] values = new float[32];
        for (int i = 0; i < 16; i++) {
            values[i] = i < 8 ? 100 : -100;
            values[16 + i] = -values[i];
        }
        return Tensors.of(values, 1, 2, 4, 4);
    }

    /** Scores 1 and -1, each twice: shares 0.8808 and 0.1192 of what they hold, 1 and -1. */
    @Test
    void attentionToDetails() {
        try (Scope ignored = Scope.inference();
                OwnWeights own = attention(0, true)) {
            float[] gathered = Tensors.floats(TWO.integrated(Tensors.of(new float[] {3, 4}, 1, 2), halves(), own));
            assertThat(gathered[0]).isCloseTo(0.8808f - 0.1192f, within(1e-4f));
            assertThat(gathered[1]).isZero();
        }
    }

    /** Where every detail holds the same, the shares of a row sum to 1 of it; where they hold nothing, so do the tokens. */
    @Test
    void sharesSumToOneAndOfNothingIsNothing() {
        try (Scope ignored = Scope.inference();
                OwnWeights same = attention(0.7, false);
                OwnWeights nothing = attention(0, false)) {
            Tensor asking = Tensors.of(new float[] {3, 4, -1, 2}, 2, 2);
            for (float v : Tensors.floats(TWO.integrated(asking, halves(), same))) {
                assertThat(v).isCloseTo(0.7f, within(1e-6f));
            }
            assertThat(Tensors.floats(TWO.integrated(asking, halves(), nothing)))
                    .containsOnly(0);
        }
    }

    /**
     * What torch computes with the same random weights on the paper's grid; the authors' code is at most 1.4e-6 from that
     * (docs/results/README.md).
     */
    @ParameterizedTest
    @ValueSource(strings = {"cropping", "pooling", "pooling.plain"})
    void whatTorchComputes(String variant) {
        try (Checkpoint golden = Checkpoint.open(RESOURCES.resolve("llava-sp.safetensors"));
                Scope ignored = Scope.inference()) {
            boolean detail = !variant.endsWith("plain");
            SquareGrid grid = new SquareGrid("llava-sp", 24, 6);
            SpatialTokens tokens = new SpatialTokens(grid, 4, 5, 10, variant.equals("cropping"), detail);
            Tensor features = grid.of(golden.tensor("features"), Layout.ofGrid(24, 24));
            Map<String, Tensor> all = new LinkedHashMap<>();
            golden.names().stream()
                    .filter(name -> name.endsWith(".weight") || name.endsWith(".bias"))
                    .forEach(name -> all.put(name, golden.tensor(name)));
            if (!detail) {
                all.put("token.weight", golden.tensor("token.weight").narrow(1, 0, 5));
            }
            try (OwnWeights own = OwnWeights.copyOf("llava-sp", all)) {
                if (detail) {
                    Tensor map = tokens.details(features, own);
                    assertThat(map.size(0)).isEqualTo(25);
                }
                float[] made = Tensors.floats(tokens.of(features, own));
                float[] expected = Tensors.floats(golden.tensor(variant));
                double largest = IntStream.range(0, made.length)
                        .mapToDouble(i -> Math.abs(made[i] - expected[i]))
                        .max()
                        .orElseThrow();
                System.out.printf("llava-sp %s: largest difference %.2g%n", variant, largest);
                assertThat(made).hasSize(60);
                assertThat(largest).isLessThan(2e-5);
            }
        }
    }

    private static long size(Declaration declaration, String prefix) {
        return declaration.parameters().stream()
                .filter(p -> p.name().startsWith(prefix))
                .mapToLong(Declaration.Parameter::size)
                .sum();
    }

    @Test
    void asManyWeightsAsThePaperHasAndAsFewAsPeekMayHave() {
        for (String maps : List.of("cropping", "pooling")) {
            Declaration paper = TECHNIQUE.declaration(
                    Models.LLAVA, Knobs.of(TECHNIQUE.card(), Map.of("channels", "512", "maps", maps)));
            assertThat(size(paper, "sfe.")).isEqualTo(763_363_328L);
            assertThat(size(paper, "dfi.detail")).isEqualTo(134_217_728L);
            assertThat(size(paper, "dfi.") - size(paper, "dfi.detail")).isEqualTo(791_040L);
            assertThat(size(paper, "token.")).isEqualTo(4_194_304L + (maps.equals("cropping") ? 4096 : 0));
        }
        Declaration plain = TECHNIQUE.declaration(
                Models.LLAVA, Knobs.of(TECHNIQUE.card(), Map.of("channels", "512", "detail", "off")));
        assertThat(size(plain, "dfi.")).isZero();
        assertThat(size(plain, "token.")).isEqualTo(2_097_152L);
        Declaration peek = TECHNIQUE.declaration(PEEK, Knobs.defaults(TECHNIQUE.card()));
        assertThat(size(peek, "sfe.")).isEqualTo(12L * 192 * (16 + 64 + 144 + 256));
        assertThat(2 * peek.size()).isLessThan(4_000_000);
    }

    /** Every weight of a kernel that covers its map is used once; that of the details at 25 places. */
    @Test
    void operations() {
        SpatialTokens paper = new SpatialTokens(new SquareGrid("llava-sp", 24, 1024), 4, 512, 4096, false, true);
        long kernels = 763_363_328L + 25 * 134_217_728L;
        long attention = (6 + 2 * 25) * 512L * 512 + 2 * 6 * 25 * 512L;
        assertThat(paper.flops()).isEqualTo(2 * (kernels + attention + 6 * 1024L * 4096));
        SpatialTokens plain = new SpatialTokens(new SquareGrid("llava-sp", 24, 1024), 4, 512, 4096, false, false);
        assertThat(plain.flops()).isEqualTo(2 * (763_363_328L + 6 * 512L * 4096));
    }

    // ---- on a tiny model ----

    private static final Description DESCRIPTION = Families.read(TINY).description();
    private static final Weights WEIGHTS = MappedWeights.of(Checkpoint.open(TINY), DType.F32, DESCRIPTION.renames());
    private static final PathEngine ENGINE =
            new PathEngine(DESCRIPTION.load(WEIGHTS, null), a -> DESCRIPTION.load(AddedWeights.of(WEIGHTS, a), null));
    private static final Tensor PIXELS =
            Checkpoint.open(TINY.resolve("golden.safetensors")).tensor("vision.pixel_values");
    private static final int[] IDS = {1, 346, 30, 4, 203, 339, 225, 277};

    private static Plan plan(String maps, Step... more) {
        List<Step> steps = new ArrayList<>(
                Models.untrained(TECHNIQUE, ENGINE.model().shape(), Budget.full(), "maps=" + maps, "step=2")
                        .steps());
        steps.addAll(List.of(more));
        return Plan.of("llava-sp", steps);
    }

    private static float[] logits(Plan plan) {
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
        Tensor pixels = PIXELS.select(0, 0);
        List<EncodedImage> images = ENGINE.encode(List.of(new ImageInput(pixels, () -> pixels, "image.", run)));
        try (PromptState state = ENGINE.prefill(List.of(new PathEngine.Prompt("", IDS, images, run, 2)))
                .getFirst()) {
            ENGINE.extend(List.of(state), List.of(new int[] {77}));
            return state.logits();
        } finally {
            images.forEach(EncodedImage::close);
        }
    }

    /** Takes down the visual tokens as they enter the language model. */
    private static Step seen(List<Matrix> out) {
        Signal.DecoderHidden states = new Signal.DecoderHidden();
        return new Step(new Station.Prompt(), List.of(states), s -> {
            out.add(s.get(states));
            return Outcome.of(new Decision.Unchanged());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"cropping", "pooling"})
    void patchTokensStandUnchangedBehindTheNewOnes(String maps) {
        List<Matrix> tokens = new ArrayList<>();
        logits(Plan.of("plain", seen(tokens)));
        logits(plan(maps, seen(tokens)));
        Matrix plain = tokens.get(0);
        Matrix all = tokens.get(1);
        int added = all.rows() - plain.rows();
        assertThat(plain.rows()).isEqualTo(16);
        assertThat(added).isEqualTo(2);
        float[] patches = Arrays.copyOfRange(all.data(), added * all.cols(), all.data().length);
        assertThat(patches).containsExactly(plain.data());
    }

    /** Without them, at the positions that they would have had, the plain model is left. */
    @ParameterizedTest
    @ValueSource(strings = {"cropping", "pooling"})
    void theyAreAllThatIsDifferent(String maps) {
        Step without = new Step(
                new Station.Prompt(),
                List.of(),
                s -> Outcome.of(Decision.Keep.of(IntStream.range(2, 18).toArray())));
        float[] plain = logits(Plan.plain());
        assertThat(logits(plan(maps, without))).containsExactly(plain);
        assertThat(logits(plan(maps))).isNotEqualTo(plain);
    }

    @Test
    void whatCannotBeIsOneSentence() {
        Plan plan = Models.untrained(TECHNIQUE, Models.SMALL, Budget.full());
        Step tokens = plan.steps().get(1);
        int[] some = IntStream.range(0, 100).toArray();
        Matrix features = new Matrix(100, 32, new float[3200]);
        assertThatThrownBy(() -> FakeSignals.of(new Layout(100, some, some, 12, 12, 1, 144))
                        .with(new Signal.Features(), features)
                        .run(tokens))
                .hasMessage("Technique 'llava-sp' needs the whole grid of 12 x 12 tokens, but an earlier technique left"
                        + " 100; use them apart.");
        assertThatThrownBy(() -> FakeSignals.of(Layout.ofGrid(12, 12))
                        .with(new Signal.Features(), new Matrix(144, 7, new float[144 * 7]))
                        .run(tokens))
                .hasMessage("Technique 'llava-sp' was made for features of 32 channels, and this model's have 7; use it"
                        + " with another model.");
        Knobs knobs = Knobs.defaults(TECHNIQUE.card());
        try (OwnWeights small = OwnWeights.initial("llava-sp", TECHNIQUE.declaration(Models.SMALL, knobs), 1)) {
            assertThatThrownBy(() -> TECHNIQUE.plan(Models.SMALL.withGrid(9, 14), Budget.full(), knobs, small))
                    .hasMessage("The weights of technique 'llava-sp' are not for a grid of 9 x 9 tokens; set its knob"
                            + " 'side' to that of the grid that they were made for.");
            Knobs set = Knobs.of(TECHNIQUE.card(), Map.of("side", "12"));
            Plan other = TECHNIQUE.plan(Models.SMALL.withGrid(9, 14), Budget.full(), set, small);
            Decision made = FakeSignals.of(Layout.ofGrid(9, 14))
                    .with(new Signal.Features(), new Matrix(126, 32, counted(126 * 32)))
                    .run(other.steps().get(1))
                    .decision();
            assertThat(((Decision.Append) made).tokens().rows()).isEqualTo(3);
        }
    }
}
