package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The compressor of LLaVolta on a tiny model of four layers and sixteen visual tokens. */
class LlaVoltaOnModelTest {
    private static final Path MODEL = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-mha");
    private static final int[] PROMPT = {1, 346, 30, 4, 203, 339, 225, 277};
    private static final int LAYERS = 4;
    private static final PathEngine ENGINE =
            new PathEngine(Families.read(MODEL).description().load(Checkpoint.open(MODEL), DType.F32, null));

    /** What a step saw on entering each layer. */
    private record Run(
            float[] logits, float[] next, List<Integer> held, List<float[]> positions, List<Matrix> states) {}

    /** Runs the compressor, watched in every layer other than its own. */
    private static Run run(ContextCompressor compressor) {
        List<float[]> positions = new ArrayList<>();
        List<Matrix> states = new ArrayList<>();
        Signal.DecoderPositions at = new Signal.DecoderPositions();
        Signal.DecoderHidden words = new Signal.DecoderHidden(PromptTokens.INSTRUCTION, false);
        Signal.DecoderHidden visual = new Signal.DecoderHidden();
        List<Step> steps = new ArrayList<>(compressor.steps());
        for (int layer = 0; layer < LAYERS; layer++) {
            steps.add(new Step(new Station.Decoder(layer), List.of(at, words, visual), s -> {
                positions.add(s.get(at));
                states.add(s.get(words));
                states.add(s.get(visual));
                return Outcome.of(new Decision.Unchanged());
            }));
        }
        PlanRun run = PlanRun.of(new Plan("watched", steps, false), PlanRun.Question.none(), null);
        Tensor pixels = Checkpoint.open(MODEL.resolve("golden.safetensors"))
                .tensor("vision.pixel_values")
                .select(0, 0);
        List<EncodedImage> images = ENGINE.encode(List.of(new ImageInput(pixels, () -> pixels, "image.", run)));
        try (PromptState state = ENGINE.prefill(List.of(new PathEngine.Prompt("", PROMPT, images, run, 4)))
                .getFirst()) {
            float[] logits = state.logits();
            ENGINE.extend(List.of(state), List.of(new int[] {77}));
            return new Run(logits, state.logits(), state.ledger().decoderTokens(), positions, states);
        } finally {
            images.forEach(EncodedImage::close);
        }
    }

    private static final Run PLAIN = run(new ContextCompressor(2, 1));

    @ParameterizedTest
    @CsvSource({"-1", "0", "1", "3"})
    void aStrideOfOneIsThePlainModelToTheBit(int layers) {
        Run one = run(new ContextCompressor(layers, 1));
        assertThat(one.logits).containsExactly(PLAIN.logits);
        assertThat(one.next).containsExactly(PLAIN.next);
        assertThat(run(new ContextCompressor(layers, 2)).logits).isNotEqualTo(PLAIN.logits);
    }

    /** Layers before K see bit for bit what the plain model shows them; caches hold 16 tokens there and fewer behind. */
    @ParameterizedTest
    @CsvSource({"0, 4", "1, 8", "2, 4", "2, 3", "3, 2"})
    void onlyLayersFromKOnAreChanged(int layers, int stride) {
        Run run = run(new ContextCompressor(layers, stride));
        for (int layer = 0; layer < LAYERS; layer++) {
            boolean same = layer < layers;
            assertThat(run.held.get(layer)).isEqualTo(same ? 16 : 16 / stride);
            assertThat(run.states.get(2 * layer + 1).rows()).isEqualTo(same ? 16 : 16 / stride);
            if (same) {
                assertThat(run.states.get(2 * layer).data())
                        .containsExactly(PLAIN.states.get(2 * layer).data());
                assertThat(run.states.get(2 * layer + 1).data())
                        .containsExactly(PLAIN.states.get(2 * layer + 1).data());
            } else if (layer > layers) {
                assertThat(run.states.get(2 * layer).data())
                        .isNotEqualTo(PLAIN.states.get(2 * layer).data());
            }
        }
    }

    /** Words keep their positions, so that there is a jump behind the picture; runs stand at their rounded mean. */
    @Test
    void positionsAreTheMeansOfTheirRuns() {
        Run run = run(new ContextCompressor(2, 4));
        int visual = IntStream.range(0, PROMPT.length)
                .filter(i -> PROMPT[i] == 4)
                .findFirst()
                .orElseThrow();
        int[] expected = IntStream.concat(
                        IntStream.range(0, visual),
                        IntStream.concat(
                                IntStream.range(0, 4).map(g -> visual + 4 * g + 1),
                                IntStream.range(visual + 16, PROMPT.length + 15)))
                .toArray();
        for (int layer = 0; layer < LAYERS; layer++) {
            int[] seen = new int[run.positions.get(layer).length];
            for (int i = 0; i < seen.length; i++) {
                seen[i] = (int) run.positions.get(layer)[i];
            }
            int[] all = IntStream.range(0, PROMPT.length + 15).toArray();
            assertThat(seen).containsExactly(layer < 2 ? all : expected);
        }
    }

    /** Behind the projector pooled tokens are all that there ever was: positions are counted over them. */
    @Test
    void behindTheProjectorPositionsAreCounted() {
        Run run = run(new ContextCompressor(ContextCompressor.BEHIND_PROJECTOR, 4));
        assertThat(run.held).containsOnly(4);
        float[] counted = new float[PROMPT.length + 3];
        for (int i = 0; i < counted.length; i++) {
            counted[i] = i;
        }
        assertThat(run.positions).allSatisfy(p -> assertThat(p).containsExactly(counted));
    }
}
