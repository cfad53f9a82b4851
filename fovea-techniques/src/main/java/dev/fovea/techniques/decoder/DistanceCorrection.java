package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;

/**
 * SparseVLM+: attention is divided by what rotary positions alone would give a pair of all-ones vectors at that
 * distance, and only the heads that then look at the picture most are heard.
 *
 * @param headDim channels of a head
 * @param ropeBase of the rotary frequencies
 * @param heads all heads
 * @param heard how many of them count
 */
record DistanceCorrection(int headDim, double ropeBase, int heads, int heard) {

    static DistanceCorrection of(ModelShape shape, Knobs knobs) {
        int heads = shape.decoderHeads();
        int published = Math.max(1, Math.round(14f * heads / 32));
        int heard = Math.min(heads, knobs.integer("heads", published));
        return new DistanceCorrection(shape.decoderHeadDim(), knobs.number("rope-base"), heads, heard);
    }

    /** The logit of an all-ones query and key at a distance of so many positions. */
    double weight(int distance) {
        double sum = 0;
        for (int i = 0; i < headDim / 2; i++) {
            sum += Math.cos(distance * Math.pow(ropeBase, -2.0 * i / headDim));
        }
        return 2 * sum / Math.sqrt(headDim);
    }

    /**
     * One score per visual token.
     *
     * @param attention by head, {@code [heads * text, visual]}
     * @param raters 1 for the words that rate
     * @param positions position ids of the sequence
     */
    float[] scores(Matrix attention, float[] raters, float[] positions, Layout layout) {
        int[] text = layout.instruction();
        float[] weights = weights(positions);
        float[][] ofHead = new float[heads][attention.cols()];
        for (int row = 0; row < attention.rows(); row++) {
            int word = row % text.length;
            for (int v = 0; raters[word] != 0 && v < attention.cols(); v++) {
                int distance = Math.abs(Math.round(positions[text[word]] - positions[layout.visual()[v]]));
                ofHead[row / text.length][v] += attention.get(row, v) / weights[distance];
            }
        }
        return mean(ofHead, (float) Vectors.sum(raters));
    }

    /** The mean over the heads with the largest sums. */
    float[] mean(float[][] ofHead, float raters) {
        float[] sums = new float[ofHead.length];
        for (int h = 0; h < sums.length; h++) {
            sums[h] = (float) Vectors.sum(ofHead[h]);
        }
        float[] out = new float[ofHead[0].length];
        for (int h : TopK.largest(sums, heard)) {
            for (int v = 0; v < out.length; v++) {
                out[v] += ofHead[h][v] / (heard * raters);
            }
        }
        return out;
    }

    private float[] weights(float[] positions) {
        float last = 0;
        for (float position : positions) {
            last = Math.max(last, position);
        }
        float[] weights = new float[Math.round(last) + 1];
        for (int distance = 0; distance < weights.length; distance++) {
            weights[distance] = (float) weight(distance);
        }
        return weights;
    }
}
