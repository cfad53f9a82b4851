package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.Models;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The worked numbers of LLaVA-Mini, arXiv 2501.03895, and the parts of it that no model is needed for. */
class LlavaMiniTest {
    private static final LlavaMini TECHNIQUE = new LlavaMini();
    private static final Path GOLDEN = Path.of("src", "test", "resources", "llava-mini.safetensors");

    private static ModelShape shape(int width, int mlp, int heads, int kvHeads) {
        return new ModelShape(
                "llava", 24, 24, 14, true, false, 24, 23, 1024, 16, 4096, false, 32, width, heads, kvHeads, 128, mlp,
                32000, 4096);
    }

    private static final ModelShape VICUNA = shape(4096, 11008, 32, 32);
    private static final ModelShape LLAMA = shape(4096, 14336, 32, 8);
    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    private static Tensor noise(int seed, int rows, int cols) {
        float[] values = new float[rows * cols];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensors.of(values, rows, cols);
    }

    /** One query over two patches without places: scores 0 and ln 3, shares 1/4 and 3/4. */
    @Test
    void theWeightsOfThePapersForm() {
        try (Scope ignored = Scope.inference()) {
            float ln3 = (float) Math.log(3);
            Tensor patches = Tensors.of(new float[] {0, 2, ln3, 4}, 2, 2);
            float[] gathered =
                    Tensors.floats(MiniCompressor.weighted(Tensors.of(new float[] {1, 0}, 1, 2), patches, patches));
            assertThat(gathered[0]).isCloseTo(0.82396f, within(1e-5f));
            assertThat(gathered[1]).isCloseTo(3.5f, within(1e-6f));
        }
    }

    /** The official table of a 2 x 2 grid and what it becomes on larger ones. */
    @ParameterizedTest
    @CsvSource({"table, 2", "table.3x3, 3", "table.24x24, 24"})
    void sinesOfAGrid(String name, int side) {
        try (Checkpoint golden = Checkpoint.open(GOLDEN);
                Scope ignored = Scope.inference()) {
            float[] own = Tensors.floats(new GridSines(2, 2, 16).resized(side, side));
            assertThat(own).containsExactly(Tensors.floats(golden.tensor(name)), within(2e-6f));
        }
    }

    /** A single place: sines are 0 and cosines 1, wherever a key stands. */
    @Test
    void oneQueryHasOnePlace() {
        try (Scope ignored = Scope.inference()) {
            float[] keys = Tensors.floats(new GridSines(1, 1, 8).resized(3, 5));
            for (int i = 0; i < keys.length; i++) {
                assertThat(keys[i]).isCloseTo(i / 2 % 2 == 0 ? 0 : 1, within(1e-6f));
            }
        }
    }

    /** Patches in another order: one query gathers the same of them, four do not. */
    @Test
    void placesMatterToMoreThanOneQuery() {
        int[] turned = IntStream.range(0, 16).map(i -> (5 * i + 3) % 16).toArray();
        for (int side : new int[] {1, 2}) {
            QueryCompressor queries = new QueryCompressor(side, 32, 8);
            Declaration.Builder declared = Declaration.begin();
            queries.declare(declared);
            try (Scope ignored = Scope.inference();
                    OwnWeights own = OwnWeights.initial("llava-mini", declared.build(), 3)) {
                Tensor patches = Tensors.scale(noise(7, 16, 32), 3);
                float[] before = Tensors.floats(queries.of(patches, 4, 4, own));
                float[] after = Tensors.floats(queries.of(patches.index_select(0, Tensors.indices(turned)), 4, 4, own));
                double most = IntStream.range(0, before.length)
                        .mapToDouble(i -> Math.abs(before[i] - after[i]))
                        .max()
                        .orElseThrow();
                if (side == 1) {
                    assertThat(most).isLessThan(1e-5);
                } else {
                    assertThat(most).isGreaterThan(1e-2);
                }
            }
        }
    }

    /** What two heads gather, written out. */
    @Test
    void attentionOfTheQueriesIsThatOfItsFormula() {
        QueryCompressor queries = new QueryCompressor(1, 4, 2);
        Declaration.Builder declared = Declaration.begin();
        queries.declare(declared);
        try (Scope ignored = Scope.inference();
                OwnWeights own = OwnWeights.initial("llava-mini", declared.build(), 5)) {
            Tensor patches = noise(1, 3, 4);
            LayerNorm norm = own.layerNorm("compressor.ln_kv", 4, 1e-5);
            float[] x = Tensors.floats(norm.forward(patches));
            float[] q = Tensors.floats(
                    own.layerNorm("compressor.ln_q", 4, 1e-5).forward(own.tensor("compressor.query", 1, 4)));
            float[] place = {0, 1, 0, 1};
            float[] in = Tensors.floats(own.tensor("compressor.attn.in_proj_weight", 12, 4));
            float[] out = Tensors.floats(own.tensor("compressor.attn.out_proj.weight", 4, 4));
            double[] gathered = new double[4];
            for (int head = 0; head < 2; head++) {
                double[] shares = new double[3];
                for (int k = 0; k < 3; k++) {
                    for (int c = 2 * head; c < 2 * head + 2; c++) {
                        double query = 0;
                        double key = 0;
                        for (int i = 0; i < 4; i++) {
                            query += in[c * 4 + i] * (q[i] + place[i]);
                            key += in[(4 + c) * 4 + i] * (x[k * 4 + i] + place[i]);
                        }
                        shares[k] += query * key / Math.sqrt(2);
                    }
                }
                double sum = Arrays.stream(shares).map(Math::exp).sum();
                for (int c = 2 * head; c < 2 * head + 2; c++) {
                    for (int k = 0; k < 3; k++) {
                        for (int i = 0; i < 4; i++) {
                            gathered[c] += Math.exp(shares[k]) / sum * in[(8 + c) * 4 + i] * x[k * 4 + i];
                        }
                    }
                }
            }
            float[] made = Tensors.floats(queries.of(patches, 1, 3, own));
            for (int o = 0; o < 4; o++) {
                int row = o;
                double expected = IntStream.range(0, 4)
                        .mapToDouble(c -> out[row * 4 + c] * gathered[c])
                        .sum();
                assertThat((double) made[o]).isCloseTo(expected, within(1e-5));
            }
        }
    }

    /**
     * Ids [1, picture, 5, 7, 9], of which 9 is the answer, behind two patches and one token: 1, 5 and 7 count on from 3;
     * the placeholder and the answer have no place.
     */
    @Test
    void positionsOfTheWordsThatEnter() {
        assertThat(PreFusion.positions(3, new int[] {0, 0, 0})).containsExactly(0, 1, 2, 3, 4, 5);
    }

    /** Packed questions count as if each stood alone behind what is common. */
    @Test
    void positionsOfPackedQuestions() {
        assertThat(PreFusion.positions(2, new int[] {0, 0, 1, 1, 1, 2, 2, 1}))
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 4, 5, 7);
    }

    /** Packed or alone, words of a question become the same; what the picture becomes depends on no word. */
    @Test
    void packedQuestionsAreFusedAsIfAlone() {
        PreFusion fusion = new PreFusion(Models.SMALL, 2, 10_000);
        Declaration.Builder declared = Declaration.begin();
        fusion.declare(declared);
        try (Scope ignored = Scope.inference();
                OwnWeights own = OwnWeights.initial("llava-mini", declared.build(), 1)) {
            Tensor visual = noise(2, 10, 64);
            Tensor words = noise(3, 9, 64);
            int[] groups = {0, 1, 1, 1, 2, 2, 3, 3, 2};
            float[][] packed = rows(fusion.of(visual, words, groups, 2, own));
            for (int group = 1; group <= 3; group++) {
                int which = group;
                int[] chosen = IntStream.range(0, 9)
                        .filter(w -> groups[w] == 0 || groups[w] == which)
                        .toArray();
                float[][] alone = rows(fusion.of(
                        visual, words.index_select(0, Tensors.indices(chosen)), new int[chosen.length], 2, own));
                for (int i = 0; i < alone.length; i++) {
                    int row = i < 2 ? i : 2 + chosen[i - 2];
                    assertThat(alone[i]).as("group " + group + " row " + i).containsExactly(packed[row], within(1e-5f));
                }
            }
        }
    }

    private static float[][] rows(Tensor t) {
        float[] all = Tensors.floats(t);
        int cols = (int) t.size(1);
        return IntStream.range(0, (int) t.size(0))
                .mapToObj(i -> Arrays.copyOfRange(all, i * cols, (i + 1) * cols))
                .toArray(float[][]::new);
    }

    /** Class tokens go with the cells behind them, compressed tokens with those before them, rows of tiles side by side. */
    @Test
    void imagesOfAPrompt() {
        List<Ledger.Grid> grids = List.of(new Ledger.Grid(1, 2), new Ledger.Grid(2, 1));
        int[] cells = {-1, 0, 1, -1, -1, -1, 2, 3, -1, -1};
        float[] number = {0, 0, 0, 1, 2, 0, 0, 0, 1, 2};
        FusedPrompt both =
                FusedPrompt.of(new Layout(10, IntStream.range(0, 10).toArray(), cells, grids, 6), number, false);
        assertThat(both.others()).isDeepEqualTo(new int[][] {{0, 1, 2}, {5, 6, 7}});
        assertThat(both.compressed()).isDeepEqualTo(new int[][] {{3, 4}, {8, 9}});
        // Rows of two tiles side by side in the prompt, each with tokens of its own.
        List<Ledger.Grid> tiles = List.of(new Ledger.Grid(2, 1), new Ledger.Grid(2, 1));
        int[] turns = {0, 2, 1, -1, 3, -1};
        FusedPrompt rows = FusedPrompt.of(
                new Layout(6, IntStream.range(0, 6).toArray(), turns, tiles, 4), new float[] {0, 0, 0, 1, 0, 1}, true);
        assertThat(rows.others()).isDeepEqualTo(new int[][] {{0, 2}, {1, 4}});
        assertThat(rows.compressed()).isDeepEqualTo(new int[][] {{3}, {5}});
    }

    /** A picture in tiles, another one, and words read both: rows of all tiles, the overview, what they became. */
    @Test
    void aPictureThatWasCutIsReadAsOne() {
        List<Ledger.Grid> grids = List.of(
                new Ledger.Grid(1, 2, 0, new Part.Overview(), 1),
                new Ledger.Grid(2, 1, 0, new Part.Tile(0, 0), 1),
                new Ledger.Grid(2, 1, 0, new Part.Tile(0, 1), 1),
                new Ledger.Grid(1, 1, 1, new Part.Whole(), 1));
        int[] cells = {0, 1, -1, 2, 3, 4, 5, 6, -1};
        float[] number = {0, 0, 1, 0, 0, 0, 0, 0, 1};
        Layout layout = new Layout(9, IntStream.range(0, 9).toArray(), cells, grids, 7);
        FusedPrompt cut = FusedPrompt.of(layout, number, true);
        assertThat(cut.others()).isDeepEqualTo(new int[][] {{3, 5, 4, 6, 0, 1}, {7}});
        assertThat(cut.compressed()).isDeepEqualTo(new int[][] {{2}, {8}});
        assertThat(FusedPrompt.of(layout, number, false).images()).isEqualTo(4);
    }

    // ---- sizes ----

    private static long size(ModelShape shape, String prefix, String... knobs) {
        return TECHNIQUE.declaration(shape, Models.knobs(TECHNIQUE, knobs)).parameters().stream()
                .filter(p -> p.name().startsWith(prefix))
                .mapToLong(Declaration.Parameter::size)
                .sum();
    }

    /** 4 x 202.4 and 4 x 218.1 million in the words' layers, 4.2 million in the queries' attention. */
    @Test
    void asManyWeightsAsThePaperHasAndAsFewAsPeekMayHave() {
        assertThat(size(VICUNA, "prefusion_layers.", "layers=4") / 1e6).isCloseTo(809.5, within(0.1));
        assertThat(size(LLAMA, "prefusion_layers.", "layers=4") / 1e6).isCloseTo(872.4, within(0.1));
        assertThat(size(VICUNA, "compressor.") / 1e6).isCloseTo(4.2, within(0.01));
        assertThat(size(VICUNA, "prefusion_layers.", "layers=0")).isZero();
        assertThat(size(VICUNA, "compressor.", "compress=mean")).isZero();
        assertThat(size(VICUNA, "compressor.", "compress=paper", "c=2")).isEqualTo(4 * 4096);
        assertThat(2 * size(PEEK, "")).isBetween(3_500_000L, 4_000_000L);
    }

    /** The queries' attention over 576 patches, and layers of which the last answers for the words and one token alone. */
    @Test
    void operations() {
        long width = 1024;
        long products = 2 * (1 + 576) * width * width;
        assertThat(new QueryCompressor(1, 1024, 8).flops(576)).isEqualTo(2 * (products + 2 * 576 * width));
        long layer = 4L * 4096 * 4096 + 3L * 4096 * 11008;
        long all = 577 + 40;
        long first = 2 * (all * layer + 2 * all * all * 4096);
        long last = 2 * (41 * (layer - 2L * 4096 * 4096) + 2 * all * 4096L * 4096 + 2 * 41 * all * 4096);
        assertThat(new PreFusion(VICUNA, 1, 10_000).flops(577, 40, 1)).isEqualTo(last);
        assertThat(new PreFusion(VICUNA, 4, 10_000).flops(577, 40, 1)).isEqualTo(3 * first + last);
        assertThat(new PreFusion(VICUNA, 0, 10_000).flops(577, 40, 1)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void headsThatDoNotDivideAreOneSentence(int heads) {
        assertThatThrownBy(() -> TECHNIQUE.declaration(PEEK, Models.knobs(TECHNIQUE, "heads=" + 5 * heads)))
                .hasMessage("Technique 'llava-mini' cannot divide features of 192 channels over " + 5 * heads
                        + " heads, sines and cosines; set its knob 'heads' to a divisor, or 'compress' to 'mean'.");
        assertThat(TECHNIQUE.declaration(PEEK, Models.knobs(TECHNIQUE, "compress=mean", "heads=" + 5 * heads)))
                .isNotNull();
    }

    @Test
    void cutsThatCannotBeAreOneSentence() {
        assertThatThrownBy(() -> TECHNIQUE.declaration(PEEK, Models.knobs(TECHNIQUE, "cut=2", "compress=paper")))
                .hasMessage(
                        "Technique 'llava-mini' looks at the tiles of a picture as one map before the projector only;"
                                + " set its knob 'compress' to 'code' or 'mean', or 'cut' to 1.");
    }

    @Test
    void stations() {
        assertThat(Models.plan(TECHNIQUE, PEEK, Budget.full()).steps().stream()
                        .map(s -> s.station().label()))
                .containsExactly("weights", "connector", "connector", "embeddings", "prompt");
        assertThat(Models.plan(TECHNIQUE, PEEK, Budget.full(), "cut=2").steps().stream()
                        .map(s -> s.station().label()))
                .containsExactly("weights", "framing", "connector", "connector", "embeddings", "prompt");
        assertThat(Models.plan(TECHNIQUE, PEEK, Budget.full(), "layers=0", "compress=paper").steps().stream()
                        .map(s -> s.station().label()))
                .containsExactly("weights", "projector", "projector", "prompt");
    }
}
