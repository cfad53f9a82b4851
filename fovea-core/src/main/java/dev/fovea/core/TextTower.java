package dev.fovea.core;

import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.family.Clip;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A CLIP checkpoint opened for its text side.
 *
 * @param clip the weights
 * @param tokenizer its own
 */
record TextTower(Checkpoint checkpoint, ContrastiveModel clip, Tokenizer tokenizer) implements AutoCloseable {
    /** What benchmarks add to a question to get short answers; it says nothing about the picture. */
    private static final String SHORT_ANSWER = "Answer the question using a single word or phrase.";

    static TextTower open(Path folder, DType dtype) {
        ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
        String type = config.text("model_type", "(none)");
        if (!type.equals("clip")) {
            throw new CheckpointException(
                    config.file() + ": 'model_type' is '" + type
                            + "', but a CLIP checkpoint is needed here, such as the one that a LLaVA folder may keep in its subfolder 'clip'");
        }
        Tokenizer tokenizer = Tokenizer.open(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        ContrastiveModel clip = Clip.load(config, checkpoint, dtype);
        int[] framed = tokenizer.encode("a", true);
        if (!clip.text().config().endsIn(framed)) {
            tokenizer.close();
            checkpoint.close();
            throw new CheckpointException(config.file() + ": 'text_config.eos_token_id' is "
                    + clip.text().config().eosToken() + ", but texts in this folder's tokenizer end with the id "
                    + framed[framed.length - 1] + ", so that nothing would stand for them; take both from the same"
                    + " checkpoint");
        }
        return new TextTower(checkpoint, clip, tokenizer);
    }

    /** Ids of a text, cut to what the tower reads, with the end of text kept. */
    int[] ids(String text) {
        int[] ids = tokenizer.encodeText(text, true);
        int longest = clip.text().config().contextLength();
        if (ids.length <= longest) {
            return ids;
        }
        int[] cut = Arrays.copyOf(ids, longest);
        cut[longest - 1] = ids[ids.length - 1];
        return cut;
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
        int[] ids = tokenizer.encode(text.replace(SHORT_ANSWER, "").strip(), true);
        int longest = clip.text().config().contextLength();
        List<int[]> pieces = new ArrayList<>();
        for (int from = 0; from < ids.length; from += longest) {
            pieces.add(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + longest)));
        }
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
