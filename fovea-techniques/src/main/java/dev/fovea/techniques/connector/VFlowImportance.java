package dev.fovea.techniques.connector;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Entropy;
import dev.fovea.techniques.primitives.Vectors;

/** VFlowOpt's importance map: attention of global tokens plus patch entropy. */
final class VFlowImportance {
    private VFlowImportance() {}

    /** The attention map of the patches alone. */
    static Matrix withoutClass(Matrix map) {
        int n = map.rows() - 1;
        float[] out = new float[n * n];
        for (int r = 0; r < n; r++) {
            System.arraycopy(map.data(), (r + 1) * map.cols() + 1, out, r * n, n);
        }
        return new Matrix(n, n, out);
    }

    /**
     * Mean attention row of the global tokens, those that receive more than {@code threshold} times the mean; the
     * received attention itself if there is none.
     *
     * @param map {@code [patches, patches]}, row = query
     */
    static float[] context(Matrix map, double threshold) {
        int n = map.rows();
        float[] received = new float[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                received[j] += map.data()[i * n + j] / n;
            }
        }
        double least = threshold * Vectors.mean(received);
        float[] context = new float[n];
        int global = 0;
        for (int i = 0; i < n; i++) {
            if (received[i] > least) {
                global++;
                for (int j = 0; j < n; j++) {
                    context[j] += map.data()[i * n + j];
                }
            }
        }
        if (global == 0) {
            return received;
        }
        for (int j = 0; j < n; j++) {
            context[j] /= global;
        }
        return context;
    }

    /** Adds {@code weight * softmax(entropy of every patch)}. */
    static void addEntropy(float[] importance, Matrix pixels, double weight, boolean compatible) {
        float[] entropy = new float[pixels.rows()];
        for (int p = 0; p < entropy.length; p++) {
            entropy[p] = (float) Entropy.bits(greyLevels(pixels.row(p), compatible));
        }
        float[] shares = Vectors.softmax(entropy);
        for (int p = 0; p < importance.length; p++) {
            importance[p] += (float) (weight * shares[p]);
        }
    }

    /**
     * Histogram of {@code round((R + G + B) / 3)} over 256 grey levels.
     *
     * @param compatible what the released code does: pixels normalised to -1..1, times 255, cast to eight bits, so that
     *     negative values wrap
     */
    static int[] greyLevels(float[] rgb, boolean compatible) {
        int[] histogram = new int[256];
        for (int i = 0; i + 2 < rgb.length; i += 3) {
            double sum = 0;
            for (int c = i; c < i + 3; c++) {
                sum += compatible ? ((int) (2 * rgb[c] - 255)) & 0xff : rgb[c];
            }
            histogram[Math.clamp((long) Math.rint(sum / 3), 0, 255)]++;
        }
        return histogram;
    }
}
