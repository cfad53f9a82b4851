package dev.fovea.techniques.connector;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Vectors;

/** CDPruner's relevance of each token to the question. */
final class QuestionRelevance {
    /** Keeps the least relevant token a little above 0, as the released code does. */
    private static final float LEAST = 1e-6f;

    private QuestionRelevance() {}

    /** Cosine of every token with the question, averaged over its pieces. */
    static float[] meanCosines(Matrix tokens, Matrix pieces) {
        float[] mean = new float[tokens.rows()];
        for (int p = 0; p < pieces.rows(); p++) {
            float[] cosines = Vectors.cosines(tokens, pieces.row(p));
            for (int i = 0; i < mean.length; i++) {
                mean[i] += cosines[i] / pieces.rows();
            }
        }
        return mean;
    }

    /**
     * Cosines scaled to about 0..1, 1 the most relevant; all 1 where none stands out.
     *
     * @param negated whether a low cosine marks a relevant token
     */
    static float[] of(float[] cosines, boolean negated) {
        float[] out = cosines.clone();
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < out.length; i++) {
            out[i] = negated ? -cosines[i] : cosines[i];
            low = Math.min(low, out[i]);
            high = Math.max(high, out[i]);
        }
        for (int i = 0; i < out.length; i++) {
            out[i] = high > low ? (out[i] - low + LEAST) / (high - low) : 1;
        }
        return out;
    }
}
