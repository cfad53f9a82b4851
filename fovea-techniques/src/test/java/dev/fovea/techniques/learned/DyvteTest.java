package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.engine.PromptState;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dynamic visual-token exit, arXiv 2411.19628: its gates by hand, and the exit on a tiny model. */
class DyvteTest {
    private static final Dyvte TECHNIQUE = new Dyvte();
    private static final TinyLlava TINY = TinyLlava.open();
    private static final ModelShape SHAPE = TINY.shape();
    private static final int LAYERS = SHAPE.decoderLayers();
    private static final int[] FOLLOWING = {33, 90, 200};
    private static final Checkpoint GOLDEN = Checkpoint.open(Path.of("src/test/resources/dyvte.safetensors"));
    private static final Knobs GOLDEN_KNOBS = Knobs.of(TECHNIQUE.card(), Map.of("width", "16"));

    private static Plan forced(int layer) {
        return Models.plan(TECHNIQUE, SHAPE, Budget.full(), "exit=" + layer);
    }

    /** The gates of the golden file. */
    private static Plan gated(Weights own) {
        return TECHNIQUE.plan(SHAPE, Budget.share(0.5), GOLDEN_KNOBS, own);
    }

    private static OwnWeights golden(int set) {
        return TinyLlava.weights(TECHNIQUE, GOLDEN, set + ".");
    }

    private static int goldenExit(int set, String prompt) {
        return Tensors.ints(GOLDEN.tensor(set + "." + prompt + ".exit"))[0];
    }

    /** Visual tokens that each layer holds. */
    private static List<Integer> held(int exit, int visual) {
        return IntStream.range(0, LAYERS)
                .mapToObj(l -> exit >= 0 && l > exit ? 0 : visual)
                .toList();
    }

    @Test
    void featuresAreTheMeanWithoutTheLastWordAndTheLastWord() {
        try (Scope ignored = Scope.inference()) {
            Tensor question = Tensors.of(new float[] {1, 0, 3, 0, 2, 2}, 3, 2);
            assertThat(TinyLlava.floats(Dyvte.features(question))).containsExactly(2, 0, 2, 2);
            Tensor word = Tensors.of(new float[] {2, 5}, 1, 2);
            assertThat(TinyLlava.floats(Dyvte.features(word))).containsExactly(2, 5, 2, 5);
        }
    }

    @ParameterizedTest
    @CsvSource({"0.5, 0.5, false", "0.5, 0.4999, false", "0.5, 0.5001, true", "-1, 2, true"})
    void aTieStays(float stay, float exit, boolean opens) {
        try (Scope ignored = Scope.inference()) {
            assertThat(Dyvte.opens(Tensors.of(new float[] {stay, exit}, 1, 2))).isEqualTo(opens);
        }
    }

    /** {@code W2 GELU(W1 f)} with the exact GELU, by hand: GELU(1) = 0.841345, GELU(-1) = -0.158655. */
    @Test
    void theGateIsTwoMatricesAroundAnExactGelu() {
        ModelShape two = Models.shape(2, 2, true, 1, 1, 2, 1, false, 2, 2, 1, 1);
        Knobs knobs = Knobs.of(TECHNIQUE.card(), Map.of("width", "2"));
        try (Scope ignored = Scope.inference();
                OwnWeights own = OwnWeights.copyOf(
                        "dyvte",
                        Map.of(
                                "gates.1.hidden.weight", Tensors.of(new float[] {1, 0, 0, 0, 0, 0, 0, -1}, 2, 4),
                                "gates.1.out.weight", Tensors.of(new float[] {1, 0, 1, 2}, 2, 2)))) {
            Predictor gate =
                    Objects.requireNonNull(TECHNIQUE.predictors(two, knobs).get("gates.1"));
            float[] z = TinyLlava.floats(gate.predict(own, Tensors.of(new float[] {1, 7, 1, 1}, 2, 2)));
            assertThat(z[0]).isCloseTo(0.841345f, org.assertj.core.data.Offset.offset(1e-6f));
            assertThat(z[1]).isCloseTo(0.841345f - 2 * 0.158655f, org.assertj.core.data.Offset.offset(1e-6f));
        }
    }

    /** Words in front of the last picture are no part of the question. */
    @Test
    void theQuestionStandsBehindTheLastPicture() {
        ModelShape shape = Models.shape(1, 2, true, 1, 1, 2, 1, false, 2, 2, 1, 1);
        Knobs knobs = Knobs.of(TECHNIQUE.card(), Map.of("width", "1"));
        Layout layout = new Layout(6, new int[] {1, 3}, new int[] {0, 1}, 1, 1, 2, 2);
        var words = new Signal.DecoderHidden(PromptTokens.INSTRUCTION, false);
        // The gate sees the mean's first channel alone: a word between the pictures would shut it.
        Matrix states = new Matrix(3, 2, new float[] {-900, 0, 3, 0, 0, 0});
        try (Scope ignored = Scope.inference();
                OwnWeights own = OwnWeights.copyOf(
                        "dyvte",
                        Map.of(
                                "gates.0.hidden.weight", Tensors.of(new float[] {1, 0, 0, 0}, 1, 4),
                                "gates.0.out.weight", Tensors.of(new float[] {0, 1}, 2, 1)))) {
            Step step =
                    TECHNIQUE.plan(shape, Budget.share(0.5), knobs, own).steps().getFirst();
            assertThat(step.station()).isEqualTo(new Station.Decoder(1));
            Decision asked =
                    FakeSignals.of(layout).with(words, states).run(step).decision();
            assertThat(asked).isEqualTo(new Decision.DropAllVisual(Decision.Positions.ORIGINAL));
            // Nothing behind the last picture: it stays.
            Layout ends = new Layout(5, new int[] {1, 4}, new int[] {0, 1}, 1, 1, 2, 2);
            Matrix between = new Matrix(2, 2, new float[] {900, 0, 900, 0});
            assertThat(FakeSignals.of(ends).with(words, between).run(step).decision())
                    .isEqualTo(new Decision.Unchanged());
        }
    }

    /** Gates of zeros tie and stay; behind the last layer nothing is left to be spared. */
    @Test
    void gatesThatStayAndAnExitBehindTheLastLayerAreThePlainModel() {
        List<float[]> plain = TINY.logits(Plan.plain(), "one_image", FOLLOWING);
        Plan shut = TECHNIQUE.blank(SHAPE, Budget.share(0.5), Knobs.defaults(TECHNIQUE.card()));
        assertThat(shut.steps()).hasSize(LAYERS - 1);
        for (Plan plan : List.of(shut, forced(LAYERS - 1))) {
            List<float[]> own = TINY.logits(plan, "one_image", FOLLOWING);
            for (int i = 0; i < plain.size(); i++) {
                assertThat(own.get(i)).containsExactly(plain.get(i));
            }
        }
    }

    /** Leaving is being seen by no word in the layers behind, at the same positions. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aForcedExitIsAMaskOverThePicturesInTheLayersBehind(int layer) {
        boolean[][] sees = {{true, false}, {true, true}};
        List<Step> blind = IntStream.range(layer + 1, LAYERS)
                .mapToObj(l -> new Step(new Station.Attention(l), List.of(), s -> {
                    int[] groups = new int[s.layout().length()];
                    Arrays.stream(s.layout().visual()).forEach(v -> groups[v] = 1);
                    return Outcome.of(new Decision.Edges(new AttentionEdges(groups, sees)));
                }))
                .toList();
        for (String prompt : List.of("one_image", "two_images")) {
            List<float[]> masked = TINY.logits(Plan.of("masked", blind), prompt, FOLLOWING);
            List<float[]> left = TINY.logits(forced(layer), prompt, FOLLOWING);
            for (int i = 0; i < masked.size(); i++) {
                TinyLlava.assertClose(left.get(i), masked.get(i));
            }
        }
    }

    /** Layers up to the exit hold the pictures' keys and values, those behind it none. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void layersBehindTheExitHoldNoPicture(int layer) {
        try (PromptState state = TINY.read(forced(layer), "one_image").getFirst()) {
            assertThat(state.ledger().decoderTokens()).isEqualTo(held(layer, SHAPE.visualTokens()));
            assertThat(state.ledger().kept()).isZero();
        }
        assertThat(Models.only(forced(layer)).station()).isEqualTo(new Station.Decoder(layer + 1));
    }

    /** The reference's formulas, whose exits are those of the authors' model and whose logits are 1.8e-5 from it. */
    @ParameterizedTest
    @CsvSource({
        "0, one_image", "0, two_images", "0, two_turns", "1, one_image", "1, two_images", "1, two_turns",
        "2, one_image", "2, two_images", "2, two_turns", "3, one_image", "3, two_images", "3, two_turns"
    })
    void exitsAndLogitsAreThoseOfTheReference(int set, String prompt) {
        try (OwnWeights own = golden(set);
                Scope ignored = Scope.inference()) {
            int visual = SHAPE.visualTokens() * (prompt.equals("two_images") ? 2 : 1);
            try (PromptState state = TINY.read(gated(own), prompt).getFirst()) {
                assertThat(state.ledger().decoderTokens()).isEqualTo(held(goldenExit(set, prompt), visual));
            }
            List<float[]> logits = TINY.logits(gated(own), prompt, FOLLOWING);
            float[] expected = Tensors.floats(GOLDEN.tensor(set + "." + prompt + ".logits"));
            int vocabulary = expected.length / logits.size();
            for (int i = 0; i < logits.size(); i++) {
                TinyLlava.assertClose(
                        logits.get(i), Arrays.copyOfRange(expected, i * vocabulary, (i + 1) * vocabulary));
            }
        }
    }

    /** Prompts that exit at different depths, or not at all, share a batch. */
    @Test
    void everySampleExitsByItself() {
        String[] prompts = {"two_turns", "two_images", "one_image", "two_turns"};
        try (OwnWeights own = golden(0)) {
            List<PromptState> together = TINY.read(gated(own), prompts);
            List<int[]> more = Arrays.stream(prompts).map(p -> new int[] {77}).toList();
            List<float[]> read = together.stream().map(PromptState::logits).toList();
            TINY.engine().extend(together, more);
            for (int i = 0; i < prompts.length; i++) {
                List<float[]> alone = TINY.logits(gated(own), prompts[i], 77);
                TinyLlava.assertClose(read.get(i), alone.get(0));
                TinyLlava.assertClose(together.get(i).logits(), alone.get(1));
                int visual = SHAPE.visualTokens() * (prompts[i].equals("two_images") ? 2 : 1);
                assertThat(together.get(i).ledger().decoderTokens()).isEqualTo(held(goldenExit(0, prompts[i]), visual));
            }
            together.forEach(PromptState::close);
        }
    }

    /** Counts how often a weight is read. */
    private record Counting(Weights inner, AtomicInteger reads) implements Weights {
        @Override
        public DType dtype() {
            return inner.dtype();
        }

        @Override
        public Weights under(String prefix) {
            return new Counting(inner.under(prefix), reads);
        }

        @Override
        public boolean contains(String name) {
            return inner.contains(name);
        }

        @Override
        public Tensor tensor(String name, long... shape) {
            reads.incrementAndGet();
            return inner.tensor(name, shape);
        }

        @Override
        public Tensor stored(String name, long... shape) {
            return inner.stored(name, shape);
        }

        @Override
        public Tensor keep(Tensor tensor) {
            return inner.keep(tensor);
        }
    }

    /** Gates are asked once each while the prompt is read, up to the first yes, and never while it is answered. */
    @Test
    void decodingAsksNoGate() {
        for (int set = 0; set < 4; set++) {
            AtomicInteger reads = new AtomicInteger();
            try (OwnWeights own = golden(set);
                    PromptState state = TINY.read(gated(new Counting(own, reads)), "one_image")
                            .getFirst()) {
                int asked = Math.min(goldenExit(set, "one_image") + 1, LAYERS - 1);
                assertThat(reads.get()).isEqualTo(2 * asked);
                for (int token : FOLLOWING) {
                    TINY.engine().extend(List.of(state), List.of(new int[] {token}));
                }
                assertThat(reads.get()).isEqualTo(2 * asked);
            }
        }
    }

    /** 2d * 2048 + 2 * 2048 to a layer: 537 M at 7B, 839 M at 13B. For peek they stay far below 4 MB. */
    @Test
    void parametersAreThoseOfThePaper() {
        Knobs knobs = Knobs.defaults(TECHNIQUE.card());
        assertThat(TECHNIQUE.declaration(Models.LLAVA, knobs).size()).isEqualTo(32L * (2 * 4096 * 2048 + 2 * 2048));
        ModelShape large = Models.shape(24, 24, true, 24, 23, 1024, 16, true, 40, 5120, 40, 40);
        assertThat(TECHNIQUE.declaration(large, knobs).size()).isEqualTo(40L * (2 * 5120 * 2048 + 2 * 2048));
        ModelShape peek = Models.shape(16, 16, true, 6, 5, 192, 6, true, 6, 256, 8, 8);
        assertThat(TECHNIQUE.declaration(peek, knobs).size()).isEqualTo(6L * (512 * 128 + 2 * 128));
        assertThat(2 * TECHNIQUE.declaration(peek, knobs).size()).isLessThan(4_000_000);
    }

    /** What a step says that it multiplies is what it issues. */
    @Test
    void aGateMultipliesWhatItSays() {
        try (Scope ignored = Scope.inference();
                OwnWeights own = golden(0)) {
            Step step = gated(own).steps().getFirst();
            try (Work issued = Work.count()) {
                Objects.requireNonNull(TECHNIQUE.predictors(SHAPE, GOLDEN_KNOBS).get("gates.0"))
                        .predict(own, Tensors.zeros(DType.F32, 5, SHAPE.decoderWidth()));
                assertThat(issued.flops())
                        .isEqualTo(step.work().flops(256, 12))
                        .isEqualTo(2L * 16 * (2L * SHAPE.decoderWidth() + 2));
            }
        }
        assertThat(forced(1).steps().getFirst().work().flops(256, 12)).isZero();
    }

    @Test
    void anExitThatTheModelDoesNotHaveIsOneSentence() {
        assertThatThrownBy(() -> forced(LAYERS))
                .hasMessage("Knob 'exit' of technique 'dyvte' must be in 0.." + (LAYERS - 1)
                        + " for this model, whose decoder layers are counted so, got " + LAYERS + ".");
    }
}
