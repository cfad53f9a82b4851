package dev.fovea.techniques.learned;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Depth;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.MergeBuilder;
import java.util.Arrays;
import java.util.List;

/**
 * The Visual Context Compressor of LLaVolta (arXiv 2406.20092, section 3): after so many layers of the language model the
 * visual tokens of every image are averaged along the sequence, kernel = stride, no padding. It has no parameters.
 *
 * @param layers that see all visual tokens; {@link #BEHIND_PROJECTOR} where none does, and the pooled tokens are all that
 *     the prompt is laid out with
 * @param stride tokens that become one; 1 changes nothing
 */
record ContextCompressor(int layers, int stride) {
    /** Pooling of the projected tokens, before they get positions ({@code K = -1} in the authors' code). */
    static final int BEHIND_PROJECTOR = -1;

    /**
     * The compressor of the knobs; with {@code s=auto} the smallest stride that meets the budget, and at the full one what
     * the last stage of training left.
     *
     * @throws IllegalArgumentException if no stride meets the budget
     */
    static ContextCompressor of(ModelShape shape, Budget budget, Knobs knobs) {
        int layers = knobs.is("at", "projector") ? BEHIND_PROJECTOR : knobs.layer("k", shape);
        int tokens = shape.visualTokens();
        if (!knobs.isAuto("s")) {
            return new ContextCompressor(layers, Math.min(tokens, knobs.integer("s")));
        }
        if (budget.isFull(tokens)) {
            return asTrained(shape, layers, knobs);
        }
        return within(budget.of(tokens), shape, layers, knobs.isAuto("k"));
    }

    /**
     * What the scheme ends with. K = 16 of 32 and S = 4 keep 62.5 %, which is what the published cost of answering under
     * compression in the last stage comes to.
     */
    private static ContextCompressor asTrained(ModelShape shape, int layers, Knobs knobs) {
        boolean deep = knobs.isAuto("k") && layers != BEHIND_PROJECTOR;
        int half = deep ? Depth.scaled(16, 32, shape.decoderLayers()) : layers;
        return switch (knobs.text("scheme")) {
            case "heavy" -> new ContextCompressor(layers, 8);
            case "light" -> new ContextCompressor(half, 8);
            case "last-stage" -> new ContextCompressor(half, 4);
            default -> new ContextCompressor(layers, 1);
        };
    }

    /** @param movable whether the layers may become fewer where they cost more than is wanted */
    private static ContextCompressor within(int wanted, ModelShape shape, int before, boolean movable) {
        int layers = before;
        int tokens = shape.visualTokens();
        while (movable && layers > 0 && new ContextCompressor(layers, tokens).spent(shape) > wanted) {
            layers--;
        }
        for (int stride = 1; stride <= tokens; stride++) {
            ContextCompressor compressor = new ContextCompressor(layers, stride);
            if (compressor.spent(shape) <= wanted) {
                return compressor;
            }
        }
        throw new IllegalArgumentException(
                "Technique 'llavolta' cannot average so few tokens per layer: with k=" + layers
                        + " of " + shape.decoderLayers() + " a budget must be at least "
                        + (int) Math.ceil(new ContextCompressor(layers, tokens).spent(shape))
                        + " tokens; give a larger budget, a smaller k or llavolta:s.");
    }

    /** Visual tokens of one image in a layer, on average over all: {@code ((N - K) floor(L / S) + K L) / N}. */
    double spent(ModelShape shape) {
        double all = shape.decoderLayers();
        double full = Math.max(0, layers);
        int tokens = shape.visualTokens();
        int pooled = tokens / stride;
        return ((all - full) * pooled + full * tokens) / all;
    }

    /** The paper's compression ratio of visual tokens: {@code N L / ((N - K) floor(L / S) + K L)}. */
    double ratio(ModelShape shape) {
        return shape.visualTokens() / spent(shape);
    }

    /** What it does to a prompt, or nothing. */
    List<Step> steps() {
        if (stride == 1) {
            return List.of();
        }
        Station station = layers == BEHIND_PROJECTOR ? new Station.Projector() : new Station.Decoder(layers);
        return List.of(new Step(station, List.of(), s -> Outcome.of(pooled(s.layout()))));
    }

    /** Each group stands where the mean of its positions, rounded down, would be: so does its label while training. */
    private Decision.Merge pooled(Layout layout) {
        MergeBuilder merge = new MergeBuilder();
        for (int[] block : Shapes.byImage(layout)) {
            // What is left over at the end is dropped, but a picture of fewer tokens becomes one.
            int size = Math.min(stride, block.length);
            for (int from = 0; size > 0 && from + size <= block.length; from += size) {
                merge.mean(block[from + (size - 1) / 2], Arrays.copyOfRange(block, from, from + size));
            }
        }
        return merge.build(Decision.Positions.MEAN);
    }
}
