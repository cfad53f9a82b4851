package dev.fovea.techniques.connector;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Spending;

/**
 * How many tokens VisionDrop holds in each part of the decoder.
 *
 * @param layers first decoder layer of every segment, the first 0
 * @param shares share of the image's patches in every segment
 */
@SuppressWarnings("ArrayRecordComponent")
record VisionDropSchedule(int[] layers, double[] shares) {
    /** Published schedule for an average of 32 tokens: tokens per segment, and how many of them are merged ones. */
    private static final int[] TOKENS = {48, 35, 26, 19};

    private static final int[] MERGED = {6, 5, 4, 3};

    static VisionDropSchedule of(ModelShape shape, Budget budget, Knobs knobs) {
        int patches = shape.patches();
        double average = budget.of(patches);
        String stages = knobs.text("stages");
        if (stages.equals("encoder")) {
            return new VisionDropSchedule(new int[] {0}, new double[] {average / patches});
        }
        int[] layers = layers(shape, knobs);
        int[] tokens = TOKENS.clone();
        boolean untouched = stages.equals("decoder");
        double factor = Spending.solve(f -> average(layers, tokens, f, untouched, shape), average, 0, patches);
        double[] shares = new double[tokens.length];
        for (int i = 0; i < shares.length; i++) {
            double count = untouched && i == 0 ? patches : Math.min(patches, Math.rint(factor * tokens[i]));
            shares[i] = Math.max(1, count) / patches;
        }
        double least = average(layers, tokens, 0, untouched, shape);
        if (average <= least) {
            throw new IllegalArgumentException(
                    "Technique 'visiondrop' with stages=decoder cannot average so few tokens "
                            + "per layer: all layers before " + layers[1]
                            + " see every token, so a budget must be above "
                            + (int) Math.ceil(least) + "; use stages=all.");
        }
        return new VisionDropSchedule(layers, shares);
    }

    private static int[] layers(ModelShape shape, Knobs knobs) {
        int depth = shape.decoderLayers();
        if (depth < 4) {
            throw new IllegalArgumentException("Technique 'visiondrop' has three stages in the decoder and needs at "
                    + "least 4 layers; this model has " + depth + ", use stages=encoder.");
        }
        int[] l = knobs.layers(shape, "l1", "l2", "l3");
        return new int[] {0, l[0], l[1], l[2]};
    }

    /** Average tokens per layer if the published counts are multiplied by {@code factor}. */
    private static double average(int[] layers, int[] tokens, double factor, boolean untouched, ModelShape shape) {
        double sum = 0;
        for (int i = 0; i < tokens.length; i++) {
            int end = i + 1 < layers.length ? layers[i + 1] : shape.decoderLayers();
            double count = untouched && i == 0 ? shape.patches() : Math.min(shape.patches(), factor * tokens[i]);
            sum += (end - layers[i]) * count;
        }
        return sum / shape.decoderLayers();
    }

    /** How many of a stage's tokens are merged ones, in the published proportion. */
    static int contextual(int stage, int count) {
        return (int) Math.rint((double) count * MERGED[stage] / TOKENS[stage]);
    }
}
