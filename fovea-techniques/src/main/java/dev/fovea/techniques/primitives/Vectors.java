package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;

/** Dot products, norms, cosine similarity and softmax on plain arrays. */
public final class Vectors {
    private Vectors() {}

    /** Dot product of {@code n} values starting at the two offsets; eight sums keep the processor's units busy. */
    public static float dot(float[] a, int aFrom, float[] b, int bFrom, int n) {
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        int i = 0;
        for (; i <= n - 8; i += 8) {
            int p = aFrom + i;
            int q = bFrom + i;
            s0 += a[p] * b[q];
            s1 += a[p + 1] * b[q + 1];
            s2 += a[p + 2] * b[q + 2];
            s3 += a[p + 3] * b[q + 3];
            s4 += a[p + 4] * b[q + 4];
            s5 += a[p + 5] * b[q + 5];
            s6 += a[p + 6] * b[q + 6];
            s7 += a[p + 7] * b[q + 7];
        }
        float sum = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
        for (; i < n; i++) {
            sum += a[aFrom + i] * b[bFrom + i];
        }
        return sum;
    }

    /** Dot product of two rows. */
    public static float dot(Matrix a, int row, Matrix b, int other) {
        return dot(a.data(), row * a.cols(), b.data(), other * b.cols(), a.cols());
    }

    /** Euclidean length. */
    public static float norm(float[] v) {
        return (float) Math.sqrt(dot(v, 0, v, 0, v.length));
    }

    /** Cosine of the angle between two vectors; 0 if either is the zero vector. */
    public static float cosine(float[] a, float[] b) {
        float norms = norm(a) * norm(b);
        return norms == 0 ? 0 : dot(a, 0, b, 0, a.length) / norms;
    }

    /** Every row divided by its length plus {@code epsilon}; zero rows stay zero. */
    public static Matrix normalisedRows(Matrix m, float epsilon) {
        float[] out = new float[m.data().length];
        int cols = m.cols();
        for (int r = 0; r < m.rows(); r++) {
            int from = r * cols;
            float norm = (float) Math.sqrt(dot(m.data(), from, m.data(), from, cols)) + epsilon;
            float scale = norm == 0 ? 0 : 1 / norm;
            for (int c = from; c < from + cols; c++) {
                out[c] = m.data()[c] * scale;
            }
        }
        return new Matrix(m.rows(), cols, out);
    }

    /** Cosine of every row with one vector: {@code [rows]}. */
    public static float[] cosines(Matrix m, float[] v) {
        float[] out = new float[m.rows()];
        float length = norm(v);
        for (int r = 0; r < out.length; r++) {
            int from = r * m.cols();
            float norms = length * (float) Math.sqrt(dot(m.data(), from, m.data(), from, m.cols()));
            out[r] = norms == 0 ? 0 : dot(m.data(), from, v, 0, m.cols()) / norms;
        }
        return out;
    }

    /** Squared Euclidean distance of two rows. */
    public static float squaredDistance(Matrix a, int row, Matrix b, int other) {
        int p = row * a.cols();
        int q = other * b.cols();
        double sum = 0;
        for (int c = 0; c < a.cols(); c++) {
            float d = a.data()[p + c] - b.data()[q + c];
            sum += d * d;
        }
        return (float) sum;
    }

    /** Softmax with the maximum taken off first. */
    public static float[] softmax(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float v : logits) {
            max = Math.max(max, v);
        }
        double sum = 0;
        double[] e = new double[logits.length];
        for (int i = 0; i < e.length; i++) {
            e[i] = Math.exp(logits[i] - max);
            sum += e[i];
        }
        float[] out = new float[e.length];
        for (int i = 0; i < e.length; i++) {
            out[i] = (float) (e[i] / sum);
        }
        return out;
    }

    /** The sum of the values. */
    public static double sum(float[] v) {
        double sum = 0;
        for (float x : v) {
            sum += x;
        }
        return sum;
    }

    /** The mean of the values; 0 of none. */
    public static double mean(float[] v) {
        return v.length == 0 ? 0 : sum(v) / v.length;
    }

    /** The values at the given indices. */
    public static float[] pick(float[] v, int[] indices) {
        float[] out = new float[indices.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = v[indices[i]];
        }
        return out;
    }

    /** The values at the given indices. */
    public static int[] pick(int[] v, int[] indices) {
        int[] out = new int[indices.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = v[indices[i]];
        }
        return out;
    }

    /** The sum of the magnitudes of every row: {@code [rows]}. */
    public static float[] manhattanNorms(Matrix m) {
        float[] out = new float[m.rows()];
        for (int r = 0; r < out.length; r++) {
            double sum = 0;
            for (int c = r * m.cols(); c < (r + 1) * m.cols(); c++) {
                sum += Math.abs(m.data()[c]);
            }
            out[r] = (float) sum;
        }
        return out;
    }

    /**
     * The mean over heads of projections that lie side by side: {@code [tokens, heads * d]} becomes {@code [tokens, d]}.
     */
    public static Matrix meanOverHeads(Matrix m, int heads) {
        if (heads < 1 || m.cols() % heads != 0) {
            throw new IllegalArgumentException("A width of " + m.cols() + " does not split into " + heads + " heads.");
        }
        int d = m.cols() / heads;
        float[] out = new float[m.rows() * d];
        for (int r = 0; r < m.rows(); r++) {
            for (int h = 0; h < heads; h++) {
                int from = r * m.cols() + h * d;
                for (int c = 0; c < d; c++) {
                    out[r * d + c] += m.data()[from + c];
                }
            }
            for (int c = r * d; c < (r + 1) * d; c++) {
                out[c] /= heads;
            }
        }
        return new Matrix(m.rows(), d, out);
    }
}
