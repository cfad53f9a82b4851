package dev.fovea.techniques.learned;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.PrincipalAxis;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Directions from what pairs of answers showed (step 6 of GrAInS), and the one that is added. */
final class GrainsVectors {
    private static final String PCA = "pca.";
    private static final String MEAN = "mean.";

    /** Of every kind a vector per layer: {@code [layers, width]}. */
    static final List<String> NAMES = List.of(
            PCA + GrainsPair.PREFERRED,
            PCA + GrainsPair.DISPREFERRED,
            MEAN + GrainsPair.PREFERRED,
            MEAN + GrainsPair.DISPREFERRED,
            GrainsPair.DIFFERENCE);

    private GrainsVectors() {}

    /**
     * All of them.
     *
     * @param rows of all pairs, each of all layers, one behind the other
     * @throws IllegalArgumentException with one sentence if masking tokens changed nothing
     */
    static Map<String, Matrix> of(Map<String, Matrix> rows, int layers, int width) {
        Map<String, Matrix> out = new LinkedHashMap<>();
        for (String side : List.of(GrainsPair.PREFERRED, GrainsPair.DISPREFERRED)) {
            Matrix own = shown(rows, side);
            out.put(PCA + side, each(layers, layer -> PrincipalAxis.of(own, layer * width, width)));
            out.put(MEAN + side, each(layers, layer -> floats(PrincipalAxis.mean(own, layer * width, width), 1)));
        }
        Matrix difference = shown(rows, GrainsPair.DIFFERENCE);
        out.put(
                GrainsPair.DIFFERENCE,
                each(layers, layer -> unit(PrincipalAxis.mean(difference, layer * width, width))));
        boolean nothing = true;
        for (float v : shown(rows, GrainsPair.PREFERRED).data()) {
            nothing &= v == 0;
        }
        if (nothing) {
            throw new IllegalArgumentException(
                    "Masking tokens changed no hidden state of any pair, so that no direction follows from them; give"
                            + " other pairs, or another k.");
        }
        return out;
    }

    private static Matrix shown(Map<String, Matrix> rows, String name) {
        Matrix own = rows.get(name);
        if (own == null) {
            throw new IllegalArgumentException("The pairs showed nothing called '" + name + "'.");
        }
        return own;
    }

    /**
     * The vector that is added in a layer.
     *
     * @param known a vector of the layer by name
     * @param both less what speaks for dispreferred answers
     */
    static float[] direction(Function<String, float[]> known, String method, boolean both) {
        if (method.equals(GrainsPair.DIFFERENCE)) {
            return known.apply(GrainsPair.DIFFERENCE);
        }
        float[] preferred = known.apply(method + "." + GrainsPair.PREFERRED);
        return both ? GrainsPair.difference(preferred, known.apply(method + "." + GrainsPair.DISPREFERRED)) : preferred;
    }

    private static Matrix each(int layers, IntFunction<float[]> row) {
        float[][] rows = new float[layers][];
        for (int layer = 0; layer < layers; layer++) {
            rows[layer] = row.apply(layer);
        }
        return Matrix.of(rows);
    }

    private static float[] unit(double[] vector) {
        double sum = 0;
        for (double v : vector) {
            sum += v * v;
        }
        return floats(vector, sum == 0 ? 0 : 1 / Math.sqrt(sum));
    }

    private static float[] floats(double[] vector, double factor) {
        float[] out = new float[vector.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (vector[i] * factor);
        }
        return out;
    }
}
