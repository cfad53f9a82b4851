package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Recording;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is decided about a picture before the encoder sees it: its size, and which of its patches are encoded. */
class FramingTest {
    private static final Station FRAMING = new Station.Framing();
    private static final Station PATCHES = new Station.Patches();

    private static Step step(Station station, Function<Signals, Decision> rule, Signal<?>... needs) {
        return new Step(station, List.of(needs), signals -> Outcome.of(rule.apply(signals)));
    }

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    private static Step resize(int rows, int cols) {
        return step(FRAMING, s -> new Decision.Resize(rows, cols));
    }

    private static int patch(Golden golden) {
        return golden.model.shape().patchSize();
    }

    /** A resized picture is the plain model on the small pixels, whose positions are interpolated. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void aResizedPictureIsThePlainModelOnASmallerOne(String name) {
        Golden golden = Golden.of(name);
        int patch = patch(golden);
        ImageInput whole = golden.image(0, run(resize(2, 3)));
        Tensor small = whole.source().at(3 * patch, 2 * patch).pixels();
        ImageInput given = new ImageInput(small, () -> small, "image0.", PlanRun.plain());
        try (PromptState plain = read(golden, given, "one_image");
                PromptState resized = read(golden, whole, "one_image")) {
            assertThat(resized.logits()).isEqualTo(plain.logits());
            Ledger ledger = resized.ledger();
            assertThat(ledger.images()).containsExactly(new Ledger.Grid(2, 3));
            assertThat(ledger.unframed()).containsExactly(new Ledger.Grid(4, 4));
            int cls = golden.model.shape().clsInFeatures() ? 1 : 0;
            assertThat(ledger.total()).isEqualTo(6 + cls);
            assertThat(ledger.plainTotal()).isEqualTo(16 + cls);
            assertThat(ledger.count(Ledger.Fate.KEPT)).isEqualTo(6 + cls);
            assertThat(ledger.encoderTokens()).containsOnly(6);
            assertThat(plain.ledger().plainTotal()).isEqualTo(6 + cls);
        }
    }

    private static PromptState read(Golden golden, ImageInput image, String prompt) {
        List<EncodedImage> encoded = golden.engine.encode(List.of(image));
        return golden.engine
                .prefill(List.of(new PathEngine.Prompt("", golden.ids(prompt), encoded, image.run(), 4)))
                .getFirst();
    }

    @Test
    void theOwnSizeIsThePlainModelToTheBit() {
        Golden golden = Golden.mha();
        try (PromptState plain = golden.read("two_images", PlanRun.plain());
                PromptState same = golden.read("two_images", run(resize(4, 4)))) {
            assertThat(same.logits()).isEqualTo(plain.logits());
        }
    }

    /** Encoding a subset of patches is the whole encoder with the others masked as keys. */
    @Test
    void droppedPatchesAreNeverEncoded() {
        Golden golden = Golden.mha();
        int[] kept = {0, 3, 5, 6, 10, 15};
        PlanRun run = run(step(PATCHES, s -> Decision.Keep.of(kept)));
        EncodedImage encoded =
                golden.engine.encode(List.of(golden.image(0, run))).getFirst();
        assertThat(encoded.encoderTokens()).containsOnly(kept.length);
        Golden.assertClose(
                Tensors.floats(encoded.features().get()), Tensors.floats(masked(golden, kept)), "features of the kept");
        try (PromptState state = golden.read("one_image", run)) {
            Ledger ledger = state.ledger();
            assertThat(ledger.count(Ledger.Fate.DROPPED)).isEqualTo(10);
            assertThat(ledger.tokens().get(1).events().getFirst().station()).isEqualTo("patches");
            assertThat(state.sequence().layout().cells()).containsExactly(kept);
            assertThat(ledger.total()).isEqualTo(ledger.plainTotal()).isEqualTo(16);
        }
    }

    /** Features of class token and kept patches, from all rows, with the dropped ones hidden by the softmax. */
    private static Tensor masked(Golden golden, int[] kept) {
        var encoder = golden.model.vision();
        Tensor x = encoder.embed(golden.image(0, PlanRun.plain()).pixels().unsqueeze(0));
        int n = (int) x.size(1);
        x = x.reshape(n, -1);
        float[] hide = new float[n];
        Arrays.fill(hide, Float.NEGATIVE_INFINITY);
        hide[0] = 0;
        Arrays.stream(kept).forEach(k -> hide[1 + k] = 0);
        for (int layer = 0; layer < golden.model.featureLayers().getFirst(); layer++) {
            var block = encoder.blocks().get(layer);
            EncoderProjections p =
                    EncoderProjections.of(block, x, null, new Tensor[] {Tensors.of(hide, n)}, new Tensor[] {null});
            x = block.mlpResidual(block.attentionResidual(x, p.attend(block, new int[] {n}, null)));
        }
        int[] rows = IntStream.concat(IntStream.of(0), Arrays.stream(kept).map(k -> 1 + k))
                .toArray();
        return x.index_select(0, Tensors.indices(rows));
    }

    @Test
    void stepsBeforeTheEncoderSeeSizeAndPixels() {
        Golden golden = Golden.mha();
        int patch = patch(golden);
        Signal.PictureSize size = new Signal.PictureSize();
        Signal.PatchPixels pixels = new Signal.PatchPixels();
        List<Object> seen = new ArrayList<>();
        Recording recording = new Recording();
        Plan plan = Plan.of(
                "test",
                step(
                        FRAMING,
                        s -> {
                            seen.add(s.get(size));
                            seen.add(s.get(pixels));
                            return new Decision.Resize(2, 2);
                        },
                        size,
                        pixels),
                step(
                        PATCHES,
                        s -> {
                            seen.add(s.get(pixels));
                            assertThat(s.layout().rows()).isEqualTo(2);
                            assertThat(s.layout().total()).isEqualTo(4);
                            return Decision.Keep.of(1, 2);
                        },
                        size,
                        pixels),
                step(
                        new Station.Connector(),
                        s -> {
                            seen.add(s.get(pixels).row(0));
                            return new Decision.Unchanged();
                        },
                        pixels));
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), recording);
        golden.engine.encode(List.of(golden.image(0, run)));
        golden.read("one_image", PlanRun.of(plan, PlanRun.Question.none(), null))
                .close();
        assertThat((float[]) seen.get(0)).containsExactly(4 * patch, 4 * patch);
        assertThat(((Matrix) seen.get(1)).rows()).isEqualTo(16);
        Matrix small = (Matrix) seen.get(2);
        assertThat(small.rows()).isEqualTo(4);
        assertThat(small.cols()).isEqualTo(3 * patch * patch);
        assertThat(seen.getLast()).isEqualTo(small.row(1));
        assertThat(recording.entries()).containsKeys("image0.framing.0.resize", "image0.patches.0.keep");
        assertThat(recording.entries().get("image0.framing.0.resize"))
                .isInstanceOfSatisfying(
                        Recording.Indices.class, r -> assertThat(r.data()).containsExactly(2, 2));
    }

    /** Pictures that are framed differently travel together. */
    @Test
    void batchesDoNotMix() {
        Golden golden = Golden.mha();
        List<PlanRun> runs = List.of(
                PlanRun.plain(), run(resize(1, 2)), run(step(PATCHES, s -> Decision.Keep.of(7, 9))), PlanRun.plain());
        List<ImageInput> inputs = IntStream.range(0, 4)
                .mapToObj(i -> golden.image(i % 2, runs.get(i)))
                .toList();
        List<EncodedImage> together = golden.engine.encode(inputs);
        for (int i = 0; i < 4; i++) {
            EncodedImage alone = golden.engine.encode(List.of(inputs.get(i))).getFirst();
            Golden.assertClose(
                    Tensors.floats(together.get(i).features().get()),
                    Tensors.floats(alone.features().get()),
                    "picture " + i);
        }
    }

    @Test
    void whatCannotBeDoneIsRefusedInOneSentence() {
        Golden golden = Golden.mha();
        Matrix token = new Matrix(1, 1, new float[1]);
        Map<Step, String> wrong = Map.of(
                resize(3, 1025),
                "grid of 3 x 1025 tokens",
                resize(0, 1),
                "must be in 1..1024",
                step(FRAMING, s -> Decision.Keep.of(0)),
                "decided Keep, which this station cannot do",
                step(PATCHES, s -> new Decision.Append(token)),
                "decided Append, which this station cannot do",
                step(PATCHES, s -> new Decision.Resize(1, 1)),
                "decided Resize, which this station cannot do",
                new Step(FRAMING, List.of(), s -> Outcome.of(new Decision.Unchanged(), new float[16])),
                "scores");
        wrong.forEach((step, message) -> assertThatThrownBy(() -> golden.read("one_image", run(step)))
                .as(message)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message));
        for (Signal<?> late : List.of(
                new Signal.EncoderHidden(0),
                new Signal.EncoderStates(),
                new Signal.Features(),
                new Signal.EncoderProjection(0, Signal.Projection.KEY))) {
            for (Station station : List.of(FRAMING, PATCHES)) {
                Plan plan = Plan.of("test", step(station, s -> new Decision.Unchanged(), late));
                assertThatThrownBy(() -> PlanCheck.check(plan, golden.model.shape()))
                        .hasMessageContaining(station.label());
            }
        }
        Plan plan =
                Plan.of("test", step(new Station.Decoder(0), s -> new Decision.Unchanged(), new Signal.PictureSize()));
        assertThatThrownBy(() -> PlanCheck.check(plan, golden.model.shape()))
                .hasMessageContaining("a station before the encoder or the connector");
    }
}
