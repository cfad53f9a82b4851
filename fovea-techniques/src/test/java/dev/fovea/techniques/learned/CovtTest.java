package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.Wording;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked numbers of CoVT, arXiv 2511.19418, and what its authors' code makes of the same tensors. */
class CovtTest {
    private static final Covt TECHNIQUE = new Covt();

    /** The sizes of peek's parts. */
    private static final ModelShape PEEK =
            new ModelShape("llava", 16, 16, 14, true, false, 6, 5, 192, 6, 768, true, 6, 256, 8, 8, 32, 512, 896, 2048);

    private static Knobs knobs(String... set) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String one : set) {
            all.put(one.substring(0, one.indexOf('=')), one.substring(one.indexOf('=') + 1));
        }
        return Knobs.of(TECHNIQUE.card(), all);
    }

    /** {@code scale * sin(a i + b)}: the tensors of which the authors' functions were asked. */
    private static Tensor wave(double a, double b, double scale, long... shape) {
        int n = 1;
        for (long s : shape) {
            n *= (int) s;
        }
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (Math.sin(a * i + b) * scale);
        }
        return Tensors.of(values, shape);
    }

    private static void close(Tensor is, double... should) {
        float[] values = Tensors.floats(is);
        assertThat(values).hasSize(should.length);
        for (int i = 0; i < values.length; i++) {
            assertThat(values[i]).as("value " + i).isCloseTo((float) should[i], within(2e-6f));
        }
    }

    /** Tokens [1,0], [0,1], [1,1], [0,0] on features [1,2], [3,4] of every layer: [1,3], [2,4], [3,7], [0,0]. */
    @Test
    void depthIsTheMeanOfWhatTokensMakeOfLayers() {
        try (Scope ignored = Scope.inference()) {
            Tensor tokens = Tensors.of(new float[] {1, 0, 0, 1, 1, 1, 0, 0}, 4, 2);
            Tensor features = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2);
            close(ThoughtHeads.depth(tokens, List.of(features, features, features, features)), 1.5, 3.5);
        }
    }

    /** Kernels (1,-1), (0,2), (1,1), (0,0) on the feature (1,2): -1, 4, 3, 0; the mean is 1.5, of which the sigmoid. */
    @Test
    void edgesAreTheSigmoidOfTheMeanOfKernels() {
        try (Scope ignored = Scope.inference()) {
            Tensor kernels = Tensors.of(new float[] {1, -1, 0, 2, 1, 1, 0, 0}, 4, 2);
            float edge = Tensors.floats(ThoughtHeads.edges(kernels, Tensors.of(new float[] {1, 2}, 2, 1, 1)))[0];
            assertThat(edge).isCloseTo(0.8176f, within(1e-4f));
        }
    }

    /** Numbers of {@code DepthReconstructor} before it enlarges, {@code get_edge_from_tokens}, {@code apply_rope_custome}. */
    @Test
    void headsAreThoseOfTheAuthors() {
        try (Scope ignored = Scope.inference()) {
            close(
                    ThoughtHeads.rotated(wave(0.31, 0.2, 1, 8, 7)).select(0, 5),
                    -0.5449,
                    -0.83607,
                    -0.796928,
                    -0.553335,
                    0.880103,
                    -0.418434,
                    0.297448);
            close(
                    ThoughtHeads.rotated(wave(0.31, 0.2, 1, 8, 6)).select(0, 3),
                    0.418973,
                    -0.283391,
                    0.110951,
                    -0.477881,
                    0.638781,
                    0.866569);
            close(
                    ThoughtHeads.edges(wave(0.33, 0.1, 0.3, 4, 60), wave(0.27, 0.6, 1, 60, 3, 4))
                            .reshape(-1)
                            .narrow(0, 0, 6),
                    0.507448,
                    0.507744,
                    0.507479,
                    0.506672,
                    0.505382,
                    0.503702);
            List<Tensor> features = List.of(
                    wave(0.3, 0.5, 1, 9, 6), wave(0.4, 0.5, 1, 9, 6), wave(0.5, 0.5, 1, 9, 6), wave(0.6, 0.5, 1, 9, 6));
            Tensor near = ThoughtHeads.depth(wave(0.7, 0.2, 1, 4, 6), features).view(1, 1, 3, 3);
            Tensor large = torch.upsample_bilinear2d(
                    near, new long[] {7, 7}, false, new DoubleOptional(), new DoubleOptional());
            close(large.select(2, 3).reshape(-1), -0.17855, -0.147843, -0.055722, 0.0364, 0.481392, 0.926384, 1.074714);
        }
    }

    /** Numbers of a linear layer, {@code functional.normalize} and {@code MultiheadAttention} of torch, eight heads. */
    @Test
    void readersAreTorchsAttention() {
        double[] tokens = {0.910356, 0.176608, -0.784334, 0.0612, 0.797187, -0.270622, -0.910877, 0.283525};
        double[] channels = {0.921578, 0.170498, -0.794672, 0.068804, 0.806425, -0.279562, -0.918822, 0.293615};
        try (Scope ignored = Scope.inference()) {
            Map<String, Tensor> all = new LinkedHashMap<>();
            all.put("seg.project.weight", wave(0.23, 0.1, 0.5, 16, 6));
            all.put("seg.project.bias", wave(0.6, 0.5, 0.2, 16));
            all.put("seg.queries", wave(0.53, 0.8, 1.5, 5, 16));
            all.put("seg.attention.in.weight", wave(0.19, 0.7, 0.6, 48, 16));
            all.put("seg.attention.in.bias", wave(0.37, 0.2, 0.3, 48));
            all.put("seg.attention.out.weight", wave(0.29, 0.4, 0.4, 16, 16));
            all.put("seg.attention.out.bias", wave(0.8, 0.6, 0.1, 16));
            try (OwnWeights own = OwnWeights.copyOf("covt", all)) {
                Tensor states = wave(0.41, 0.3, 1, 4, 6);
                for (boolean each : new boolean[] {false, true}) {
                    StateReader reader = new StateReader("seg", 5, 6, 16, each);
                    assertThat(reader.heads()).isEqualTo(8);
                    close(reader.read(own, states).select(0, 2).narrow(0, 0, 8), each ? channels : tokens);
                }
            }
        }
        assertThat(new StateReader("edge", 4, 6, 60, false).heads()).isEqualTo(4);
    }

    /** A square of four pixels is lighter to the right of the picture's middle. */
    @Test
    void filtersTellWhereColoursRiseAndFall() {
        float[] picture = new float[3 * 8 * 8];
        for (int i = 0; i < picture.length; i++) {
            picture[i] = i % 8 >= 4 ? 0.75f : 0.25f;
        }
        try (Scope ignored = Scope.inference()) {
            Tensor filtered = EdgeFilters.of(Tensors.of(picture, 3, 8, 8));
            assertThat(Tensors.shape(filtered)).containsExactly(EdgeFilters.CHANNELS, 2, 2);
            // Rising rightwards happens in the last column of the left squares; nothing rises downwards.
            close(filtered.select(0, 0).reshape(-1), 0.5, 0, 0.5, 0);
            close(filtered.select(0, 3).reshape(-1), 0, 0, 0, 0);
            close(filtered.select(0, 6).reshape(-1), 0, 0, 0, 0);
            // Falling to the lower left happens in the first column of the right squares.
            close(filtered.select(0, 21).reshape(-1), 0, 0.5, 0, 0.5);
            close(filtered.select(0, 24).reshape(-1), 0.25, 0.75, 0.25, 0.75);
            close(filtered.select(0, 27).reshape(-1), 1, 1, 1, 1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "seg-depth-feature, 8 4 4, 16",
        "all, 8 4 4 4, 20",
        "seg-depth, 8 4, 12",
        "seg, 8, 8",
        "depth, 4, 4",
        "feature, 4, 4",
        "edge, 4, 4"
    })
    void groupsHaveThePapersWords(String experts, String counts, int sum) {
        Wording wording = Covt.wording(knobs("experts=" + experts));
        assertThat(wording.groups().stream().map(g -> "" + g.count()).toList()).containsExactly(counts.split(" "));
        assertThat(wording.groups().stream().mapToInt(Wording.Group::count).sum())
                .isEqualTo(sum);
        for (Wording.Group group : wording.groups()) {
            assertThat(wording.words().get(group.word())).isEqualTo("<" + group.name() + ">");
        }
        assertThat(wording.words())
                .containsSubsequence("<think>", "</think>", "<answer>", "</answer>", "<thought>", "</thought>");
    }

    private static Decision decided(Knobs knobs, OwnWeights own) {
        Step step = TECHNIQUE.steps(PEEK, Budget.full(), knobs, own).getFirst();
        assertThat(step.station()).isEqualTo(new Station.Weights());
        return step.rule().decide(FakeSignals.ofPrompt(0, 1, 1, 0)).decision();
    }

    /** Nothing of the model is in the declaration: what moves are additions of low rank, rows and heads. */
    @Test
    void whatIsAddedAndToWhat() {
        Knobs knobs = knobs();
        Declaration declared = TECHNIQUE.declaration(PEEK, knobs);
        try (OwnWeights own = OwnWeights.initial("covt", declared, 1)) {
            Decision.Speak speak = (Decision.Speak) decided(knobs, own);
            // Seven matrices in each of six layers of the language model, six in each of five of the encoder.
            assertThat(speak.additions().byName()).hasSize(6 * 7 + 5 * 6);
            Addition.LowRank one = (Addition.LowRank)
                    Objects.requireNonNull(speak.additions().byName().get("vision.layers.4.mlp.fc1.weight"));
            assertThat(one.scale()).isEqualTo(2);
            assertThat(Tensors.shape(one.up())).containsExactly(768, 16);
            assertThat(Tensors.floats(one.up())).containsOnly(0);
            assertThat(speak.embedding().rows()).isEqualTo(10);
            assertThat(Objects.requireNonNull(speak.head()).cols()).isEqualTo(256);
            Decision.Adapt silent = (Decision.Adapt) decided(knobs("thoughts=off"), own);
            assertThat(silent.additions().byName()).isEqualTo(speak.additions().byName());
            assertThat(((Decision.Speak) decided(knobs("encoder=off"), own))
                            .additions()
                            .byName())
                    .hasSize(6 * 7);
        }
        // At most 4 MB of bf16.
        assertThat(2 * declared.size()).isLessThan(4_000_000);
        assertThat(2 * TECHNIQUE.declaration(PEEK, knobs("experts=all")).size()).isLessThan(4_000_000);
    }

    @Test
    void headsGiveWhatTheyPromise() {
        for (ModelShape shape : List.of(PEEK, Models.SMALL, Models.SMALL_NO_CLS)) {
            Knobs knobs = knobs("experts=all");
            int patches = shape.patches();
            int tokens = patches + (shape.hasCls() ? 1 : 0);
            Map<String, Predictor> heads = TECHNIQUE.predictors(shape, knobs);
            assertThat(heads.keySet()).containsExactly("seg", "depth", "feature", "edge", "expert");
            try (Scope ignored = Scope.inference();
                    OwnWeights own = OwnWeights.initial("covt", TECHNIQUE.declaration(shape, knobs), 1)) {
                Tensor[] in = new Tensor[1 + shape.featureLayers()];
                in[0] = wave(0.3, 0.1, 1, 8, shape.decoderWidth());
                for (int l = 1; l < in.length; l++) {
                    in[l] = wave(0.3 + l, 0.1, 5, tokens, shape.encoderWidth());
                }
                assertThat(shape(heads, "seg", own, in)).containsExactly(8, patches);
                in[0] = in[0].narrow(0, 0, 4);
                assertThat(shape(heads, "depth", own, in)).containsExactly(1, patches);
                assertThat(shape(heads, "feature", own, in[0])).containsExactly(tokens, shape.encoderWidth());
                assertThat(shape(heads, "expert", own, in[1])).containsExactly(tokens, shape.encoderWidth());
                assertThat(shape(heads, "edge", own, in[0], wave(0.2, 0, 1, 3, 28, 40)))
                        .containsExactly(7, 10);
            }
        }
    }

    private static long[] shape(Map<String, Predictor> heads, String head, OwnWeights own, Tensor... in) {
        return Tensors.shape(Objects.requireNonNull(heads.get(head)).predict(own, in));
    }

    /** Layers 5, 12, 18 and 24 of 24, as many as peek and the paper's expert have. */
    @Test
    void depthIsReadFromFourLayers() {
        assertThat(new ThoughtHeads(PEEK, false).depthLayers()).containsExactly(1, 3, 4, 5);
        assertThat(new ThoughtHeads(Models.LLAVA, false).depthLayers()).containsExactly(5, 12, 17, 23);
    }

    @Test
    void aModelThatOnlyReadsIsRefused() {
        ModelShape text = ModelShape.ofText("llama", 2, 64, 4, 2, 16, 128, 300, 512);
        assertThatThrownBy(() -> TECHNIQUE.declaration(text, knobs()))
                .hasMessage("Technique 'covt' has a model think about what it sees, but this model reads text alone.");
    }
}
