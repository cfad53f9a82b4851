package dev.fovea.techniques.connector;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/**
 * How close each visual token is to the question: cosine in the shared space of image and text towers, or where there
 * is no text tower between projected tokens and the mean text embedding of the question.
 */
final class TextAffinity {
    private static final Signal.PatchImageEmbeddings PATCHES = new Signal.PatchImageEmbeddings();
    private static final Signal.QuestionEmbedding QUESTION = new Signal.QuestionEmbedding();
    private static final Signal.Projected PROJECTED = new Signal.Projected();
    private static final Signal.QuestionTokensMean QUESTION_TOKENS = new Signal.QuestionTokensMean();

    private final boolean textTower;

    TextAffinity(ModelShape shape) {
        this.textTower = shape.hasTextTower();
    }

    List<Signal<?>> needs() {
        return textTower ? List.of(PATCHES, QUESTION) : List.of(PROJECTED, QUESTION_TOKENS);
    }

    /** Cosine of every visual token with the question. */
    float[] cosines(Signals signals) {
        return textTower
                ? Vectors.cosines(signals.get(PATCHES), signals.get(QUESTION))
                : Vectors.cosines(signals.get(PROJECTED), signals.get(QUESTION_TOKENS));
    }

    /** The cosines divided by the square root of the width of the space in which they are compared. */
    float[] scaledCosines(Signals signals) {
        Matrix tokens = textTower ? signals.get(PATCHES) : signals.get(PROJECTED);
        float scale = (float) (1 / Math.sqrt(tokens.cols()));
        float[] cosines = cosines(signals);
        for (int i = 0; i < cosines.length; i++) {
            cosines[i] *= scale;
        }
        return cosines;
    }
}
