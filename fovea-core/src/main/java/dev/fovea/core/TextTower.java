package dev.fovea.core;

import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.family.Clip;
import dev.fovea.core.model.family.Siglip;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A contrastive checkpoint opened for its text side.
 *
 * @param clip the weights
 * @param tokenizer its own
 * @param framing how texts are brought to the form that the tower reads
 */
record TextTower(Checkpoint checkpoint, ContrastiveModel clip, Tokenizer tokenizer, TextFraming framing)
        implements AutoCloseable {
    /** What benchmarks add to a question to get short answers; it says nothing about the picture. */
    private static final String SHORT_ANSWER = "Answer the question using a single word or phrase.";

    /** What {@code model_type} may be. */
    static final List<String> TYPES = List.of("clip", "siglip", Siglip.ANY_ASPECT);

    static TextTower open(Path folder, DType dtype) {
        ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
        String type = config.text("model_type", "(none)");
        if (!TYPES.contains(type)) {
            throw new CheckpointException(
                    config.file() + ": 'model_type' is '" + type
                            + "', but a CLIP or SigLIP checkpoint is needed here, such as the one that a LLaVA folder may keep in its subfolder 'clip'");
        }
        Tokenizer tokenizer = Tokenizer.open(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        try {
            ContrastiveModel clip =
                    type.equals("clip") ? Clip.load(config, checkpoint, dtype) : Siglip.load(config, checkpoint, dtype);
            TextFraming framing = TextFraming.of(config, clip.text().config(), tokenizer);
            return new TextTower(checkpoint, clip, tokenizer, framing);
        } catch (RuntimeException e) {
            tokenizer.close();
            checkpoint.close();
            throw e;
        }
    }

    /** Ids of a text, cut to what the tower reads, with the end of text kept. */
    int[] ids(String text) {
        return framing.of(text);
    }

    /** A text in the shared space, not normalised: {@code [projection]}. */
    float[] embed(String text) {
        try (Scope ignored = Scope.inference()) {
            return Tensors.floats(clip.embedTexts(List.of(ids(text))));
        }
    }

    /**
     * A text of any length in the shared space, piece by piece, not normalised: {@code [pieces, projection]}. The first
     * piece has the begin of text, the last one its end.
     */
    Matrix pieces(String text) {
        List<int[]> pieces = framing.pieces(text.replace(SHORT_ANSWER, "").strip());
        try (Scope ignored = Scope.inference()) {
            Tensor embedded = clip.embedTexts(pieces);
            return new Matrix(pieces.size(), (int) embedded.size(1), Tensors.floats(embedded));
        }
    }

    @Override
    public void close() {
        tokenizer.close();
        checkpoint.release();
    }
}
