package dev.fovea.techniques;

/**
 * Fits published layer numbers to models of other depths: {@code round(published / published depth * depth)}, rounded
 * half up and kept inside the model. At the published depth the published layers come out.
 */
public final class Depth {
    /** Layers of the encoder the papers used, CLIP ViT-L. */
    public static final int ENCODER = 24;
    /** Layers of the decoder the papers used, a 7B Llama. */
    public static final int DECODER = 32;

    private Depth() {}

    /** A number of layers, or a layer counted from 1: {@code 1..depth}. */
    public static int scaled(int published, int publishedDepth, int depth) {
        return Math.clamp((2L * published * depth + publishedDepth) / (2L * publishedDepth), 1, depth);
    }

    /**
     * A decoder layer, counted from 0, before which tokens are pruned: at least 1, so that a layer has run, and less
     * than {@code depth}.
     */
    public static int pruningLayer(int published, int publishedDepth, int depth) {
        return Math.min(scaled(published, publishedDepth, depth), Math.max(1, depth - 1));
    }
}
