package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.Patches;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Takes the pictures of a batch through an encoder that does not learn. */
final class FrozenEncoder {
    private FrozenEncoder() {}

    /** All under one plan; the caller closes what comes back. */
    static List<EncodedImage> encode(ModelParts model, AnswerBatch batch, PlanRun run) {
        return encode(model, batch, Collections.nCopies(batch.samples(), run));
    }

    /**
     * Pictures under plans, one for each; the caller closes what comes back.
     *
     * @param model whose encoder looks at them
     */
    static List<EncodedImage> encode(ModelParts model, AnswerBatch batch, List<PlanRun> runs) {
        try (Scope ignored = Scope.inference()) {
            return encodeMoving(model, batch, runs);
        }
    }

    /** The same in the caller's scope: with gradients, where an encoder learns after all. */
    static List<EncodedImage> encodeMoving(ModelParts model, AnswerBatch batch, List<PlanRun> runs) {
        List<ImageInput> inputs = new ArrayList<>();
        for (int s = 0; s < batch.samples(); s++) {
            Tensor pixels = pixels(model, batch.scenes().get(s).pixels());
            inputs.add(new ImageInput(pixels, () -> Patches.raw(pixels), PathEngine.imageName("", s), runs.get(s)));
        }
        return TrainingPath.of(model).encode(inputs);
    }

    /** {@code [patches, channels * size * size] -> [channels, rows * size, cols * size]}. */
    static Tensor pixels(ModelParts model, float[] patches) {
        int size = model.shape().patchSize();
        int rows = model.shape().gridRows();
        int cols = model.shape().gridCols();
        return Tensors.of(patches, rows, cols, 3, size, size)
                .permute(2, 0, 3, 1, 4)
                .reshape(3, (long) rows * size, (long) cols * size);
    }
}
