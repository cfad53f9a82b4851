package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Entropy;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;

/** The arithmetic of FlowCut: the three-part score and the adaptive number of tokens to prune. */
final class FlowCutScore {
    private FlowCutScore() {}

    /** {@code (a / sum(a) + b / sum(b)) * u}. */
    static float[] score(float[] attention, float[] semantic, float[] norms) {
        double a = Vectors.sum(attention);
        double b = Vectors.sum(semantic);
        float[] out = new float[attention.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) ((attention[i] / a + semantic[i] / b) * norms[i]);
        }
        return out;
    }

    static float[] product(float[] attention, float[] norms) {
        float[] out = new float[attention.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = attention[i] * norms[i];
        }
        return out;
    }

    /**
     * Mean over heads of {@code softmax(v_CLS . v)} over all tokens, without scaling, for the patches.
     *
     * @param values {@code [tokens, width]}, CLS first
     */
    static float[] semanticWeights(Matrix values, int heads) {
        return meanSoftmax(values.row(0), values, heads, 1, 1);
    }

    /** Mean over heads of the softmax that the mean query over patches gives, {@code [patches]}. */
    static float[] meanQueryAttention(Matrix queries, Matrix keys, int heads) {
        float[] mean = new float[queries.cols()];
        for (int r = 0; r < queries.rows(); r++) {
            for (int c = 0; c < mean.length; c++) {
                mean[c] += queries.data()[r * mean.length + c] / queries.rows();
            }
        }
        return meanSoftmax(mean, keys, heads, 1 / Math.sqrt((double) queries.cols() / heads), 0);
    }

    /** Mean over heads of {@code softmax(scale * one . rows)}, leaving out the rows before {@code first}. */
    static float[] meanSoftmax(float[] one, Matrix rows, int heads, double scale, int first) {
        int d = rows.cols() / heads;
        float[] out = new float[rows.rows() - first];
        for (int h = 0; h < heads; h++) {
            float[] logits = new float[rows.rows()];
            for (int r = 0; r < logits.length; r++) {
                logits[r] = (float) (scale * Vectors.dot(one, h * d, rows.data(), r * rows.cols() + h * d, d));
            }
            float[] weights = Vectors.softmax(logits);
            for (int i = 0; i < out.length; i++) {
                out[i] += weights[first + i] / heads;
            }
        }
        return out;
    }

    /** L1 norm of every token's value vector averaged over heads. */
    static float[] valueNorms(Matrix values, int heads) {
        Matrix mean = Vectors.meanOverHeads(values, heads);
        float[] out = new float[mean.rows()];
        for (int r = 0; r < out.length; r++) {
            for (int c = 0; c < mean.cols(); c++) {
                out[r] += Math.abs(mean.data()[r * mean.cols() + c]);
            }
        }
        return out;
    }

    /**
     * {@code round((N - target) / sqrt(remaining) * (1 - e^2))} with {@code e} the entropy of the attention relative to
     * its maximum; ties round to even.
     *
     * @param normalise whether the attention is first divided by its sum (the code for encoders without class token
     *     does not, and adds 1e-7 inside the logarithm)
     */
    static int pruned(float[] attention, int target, int remaining, boolean normalise) {
        int n = attention.length;
        double entropy;
        if (normalise) {
            float[] p = attention.clone();
            double sum = Vectors.sum(p);
            for (int i = 0; i < n; i++) {
                p[i] = (float) (p[i] / sum);
            }
            entropy = Entropy.nats(p);
        } else {
            entropy = -Arrays.stream(toDoubles(attention))
                    .map(a -> a * Math.log(a + 1e-7))
                    .sum();
        }
        double relative = n > 1 ? entropy / Math.log(n) : 1;
        return (int) Math.max(0, Math.rint((n - target) / Math.sqrt(remaining) * (1 - relative * relative)));
    }

    private static double[] toDoubles(float[] v) {
        double[] out = new double[v.length];
        Arrays.setAll(out, i -> v[i]);
        return out;
    }
}
