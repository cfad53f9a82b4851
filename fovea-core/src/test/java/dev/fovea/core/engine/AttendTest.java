package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.family.Clip;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Tokens that an encoder block attends to though they are not the picture's own. */
class AttendTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/clip");

    private final ContrastiveModel clip =
            Clip.load(ModelConfig.read(FOLDER.resolve("config.json")), Checkpoint.open(FOLDER), DType.F32);
    private final VisionTransformer vision = Objects.requireNonNull(clip.vision());
    private final Tensor pixels = Checkpoint.open(FOLDER.resolve("golden.safetensors"))
            .tensor("image.pixel_values")
            .select(0, 0);
    private final Matrix guests = random(2, vision.options().width());

    private static Matrix random(int rows, int cols) {
        Random random = new Random(5);
        float[] data = new float[rows * cols];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new Matrix(rows, cols, data);
    }

    private ContrastiveEngine.Seen see(Step... steps) {
        PlanRun run = PlanRun.ofStream(Plan.of("guests", steps), name -> guests);
        return new ContrastiveEngine(clip).see(new ImageInput(pixels, () -> pixels, "", run));
    }

    private Step attend() {
        Signal.Remembered remembered = new Signal.Remembered("guests");
        return new Step(
                new Station.EncoderOutput(0),
                List.of(remembered),
                s -> Outcome.of(new Decision.Attend(s.get(remembered))));
    }

    /** Rows of the guests stand in the sequence of one block and are cut off behind it. */
    @Test
    void guestsAreSeenByOneBlockAndGoneBehindIt() {
        Tensor x = vision.embed(pixels.unsqueeze(0));
        int own = (int) x.size(1);
        x = x.reshape(own, -1);
        x = vision.blocks().get(0).forward(x, new int[] {own}, false);
        Tensor more = Tensors.of(guests.data(), 2, guests.cols());
        x = vision.blocks().get(1).forward(Tensors.cat(0, more, x), new int[] {own + 2}, false);
        x = x.narrow(0, 2, own);
        x = vision.blocks().get(2).forward(x, new int[] {own}, false);
        float[] wanted = Tensors.floats(clip.project(x, own));

        ContrastiveEngine.Seen seen = see(attend());
        Golden.assertClose(seen.embedding(), wanted, "embedding");
        assertThat(seen.embedding()).isNotEqualTo(see().embedding());
        assertThat(seen.ledger().encoderTokens()).containsExactly(16, 16, 16);
        assertThat(seen.ledger().kept()).isEqualTo(16);
    }

    /** Attention is measured with the guests in the softmax, over the picture's own tokens alone. */
    @Test
    void signalsCoverTheOwnTokensWithoutRenormalising() {
        List<Object> values = new ArrayList<>();
        Signal.EncoderAttentionMap map = new Signal.EncoderAttentionMap(1);
        Signal.EncoderAttention cls = new Signal.EncoderAttention(1, Signal.EncoderQueries.CLS, Signal.Heads.MEAN);
        Signal.EncoderProjection keys = new Signal.EncoderProjection(1, Signal.Projection.KEY);
        see(attend(), new Step(new Station.EncoderAttention(1), List.of(map, cls, keys), s -> {
            values.add(s.get(map));
            values.add(s.get(cls));
            values.add(s.get(keys));
            return Outcome.of(new Decision.Unchanged());
        }));
        Matrix seen = (Matrix) values.get(0);
        assertThat(seen.rows()).isEqualTo(17);
        assertThat(seen.cols()).isEqualTo(17);
        float[] ofCls = (float[]) values.get(1);
        float sum = seen.get(0, 0);
        for (int i = 0; i < 16; i++) {
            assertThat(ofCls[i]).isCloseTo(seen.get(0, i + 1), org.assertj.core.data.Offset.offset(1e-6f));
            sum += ofCls[i];
        }
        assertThat(sum).isBetween(0.3f, 0.99f);
        assertThat(((Matrix) values.get(2)).rows()).isEqualTo(17);
    }

    @Test
    void onlyBehindABlockAndOnlyOfTheRightWidth() {
        assertThatThrownBy(() -> see(new Step(
                        new Station.EncoderAttention(0), List.of(), s -> Outcome.of(new Decision.Attend(guests)))))
                .hasMessageContaining("Technique 'guests' decided Attend, which this station cannot do");
        assertThatThrownBy(() -> see(new Step(
                        new Station.EncoderOutput(0), List.of(), s -> Outcome.of(new Decision.Attend(random(1, 7))))))
                .hasMessageContaining("width 7 at encoder[0], where tokens have width 40");
    }
}
