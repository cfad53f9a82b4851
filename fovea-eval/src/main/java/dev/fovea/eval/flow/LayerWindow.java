package dev.fovea.eval.flow;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Neighbouring layers in which edges are blocked at once: one layer alone is easily gone around.
 *
 * @param first the first layer, from 0
 * @param last the last layer, included
 */
public record LayerWindow(int first, int last) {
    /** The paper's window, for models of 32 layers and more. */
    private static final int PUBLISHED = 9;

    private static final int PUBLISHED_LAYERS = 32;

    /**
     * So many layers around one, less at the ends: {@code max(0, l - floor(k/2)) .. min(L, l + ceil(k/2)) - 1}.
     *
     * @param centre the layer {@code l}
     * @param size the window {@code k}
     * @param layers of the model, {@code L}
     * @throws IllegalArgumentException with one sentence if a number is out of range
     */
    public static LayerWindow around(int centre, int size, int layers) {
        check(size, layers);
        if (centre < 0 || centre >= layers) {
            throw new IllegalArgumentException("There is no layer " + centre + "; the language model has " + layers
                    + ", numbered from 0 to " + (layers - 1) + ".");
        }
        return new LayerWindow(Math.max(0, centre - size / 2), Math.min(layers, centre + Math.ceilDiv(size, 2)) - 1);
    }

    /** The windows around every layer. */
    static List<LayerWindow> all(int size, int layers) {
        return IntStream.range(0, layers)
                .mapToObj(centre -> around(centre, size, layers))
                .toList();
    }

    /**
     * Refuses a window that is no part of the model.
     *
     * @throws IllegalArgumentException with one sentence
     */
    public static void check(int size, int layers) {
        if (size < 1 || size > layers) {
            throw new IllegalArgumentException("The window is " + size + " layers; give a number from 1 to the "
                    + layers + " that the language model has.");
        }
    }

    /** The paper's nine layers of 32, as large a part of fewer: the nearest odd number. */
    public static int usual(int layers) {
        double share = (double) PUBLISHED * layers / PUBLISHED_LAYERS;
        return Math.clamp(2 * Math.round((share - 1) / 2) + 1, 1, PUBLISHED);
    }

    int[] layers() {
        return IntStream.rangeClosed(first, last).toArray();
    }

    @Override
    public String toString() {
        return first == last ? Integer.toString(first) : first + "–" + last;
    }
}
