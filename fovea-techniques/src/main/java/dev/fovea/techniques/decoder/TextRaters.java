package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;

/** SparseVLM's raters: the words that visual tokens resemble more than others. */
final class TextRaters {
    private TextRaters() {}

    /**
     * Which words rate: 1 for those above the mean of how much visual tokens resemble each, 0 for the others. Where none
     * is above it, all do.
     *
     * @param visual embeddings of the visual tokens as they enter the language model, {@code [visual, width]}
     * @param text embeddings of the text behind them, {@code [text, width]}
     */
    static float[] choose(Matrix visual, Matrix text) {
        float[] resemblance = resemblance(visual, text);
        float mean = (float) Vectors.mean(resemblance);
        float[] raters = new float[resemblance.length];
        boolean any = false;
        for (int t = 0; t < raters.length; t++) {
            raters[t] = resemblance[t] > mean ? 1 : 0;
            any |= resemblance[t] > mean;
        }
        if (!any) {
            Arrays.fill(raters, 1);
        }
        return raters;
    }

    /** For each word the mean over visual tokens of a softmax over words of dot products: {@code [text]}. */
    static float[] resemblance(Matrix visual, Matrix text) {
        float[] out = new float[text.rows()];
        float[] products = new float[text.rows()];
        for (int v = 0; v < visual.rows(); v++) {
            for (int t = 0; t < out.length; t++) {
                products[t] = Vectors.dot(visual, v, text, t);
            }
            float[] shares = Vectors.softmax(products);
            for (int t = 0; t < out.length; t++) {
                out[t] += shares[t] / visual.rows();
            }
        }
        return out;
    }

    /** The mean of the raters' rows, where each row stands for one word: {@code [columns]}. */
    static float[] mean(Matrix rows, float[] raters) {
        float[] out = new float[rows.cols()];
        double all = Vectors.sum(raters);
        for (int t = 0; t < rows.rows(); t++) {
            for (int v = 0; raters[t] != 0 && v < out.length; v++) {
                out[v] += (float) (rows.get(t, v) / all);
            }
        }
        return out;
    }
}
