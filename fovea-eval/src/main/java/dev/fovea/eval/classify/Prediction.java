package dev.fovea.eval.classify;

import dev.fovea.core.path.Ledger;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;

/**
 * What a classifier thinks of one picture.
 *
 * @param logits {@code [classes]}, corrected by what the stream has taught
 * @param uncorrected {@code [classes]}, {@code logit scale * cosine} alone
 * @param ledger what happened to the picture's patches
 */
@SuppressWarnings("ArrayRecordComponent") // a result; never compared
public record Prediction(float[] logits, float[] uncorrected, Ledger ledger) {

    /** The most likely class. */
    public int label() {
        return TopK.best(logits);
    }

    /** Softmax of the logits: {@code [classes]}. */
    public float[] probabilities() {
        return Vectors.softmax(logits);
    }

    /** All classes, the most likely first, equals by index. */
    public int[] ranking() {
        return TopK.descending(logits);
    }
}
