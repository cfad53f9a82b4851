package dev.fovea.eval.classify;

import dev.fovea.core.path.Ledger;
import dev.fovea.techniques.primitives.TopK;

/**
 * What a classifier thinks of one picture.
 *
 * @param logits {@code [classes]}, corrected by what the stream has taught
 * @param uncorrected {@code [classes]}, what the model alone says
 * @param probabilities {@code [classes]}, as the model reads its logits: a softmax over all classes, or a sigmoid of each
 * @param ledger what happened to the picture's patches
 */
@SuppressWarnings("ArrayRecordComponent") // a result; never compared
public record Prediction(float[] logits, float[] uncorrected, float[] probabilities, Ledger ledger) {

    /** The most likely class. */
    public int label() {
        return TopK.best(logits);
    }

    /** All classes, the most likely first, equals by index. */
    public int[] ranking() {
        return TopK.descending(logits);
    }
}
