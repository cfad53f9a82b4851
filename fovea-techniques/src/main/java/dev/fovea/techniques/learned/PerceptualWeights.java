package dev.fovea.techniques.learned;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Perceptual weights (VLoRA, arXiv 2405.20339, section 3): a picture becomes changes of low rank of a language model's
 * weights, {@code W + (alpha / rank) A B^T} for {@code y = x W}. {@code A} is {@linkplain WeightsGenerator generated} from
 * the picture, {@code B} is learned once for all pictures and starts at 0.
 *
 * @param shape of the model
 * @param grid of the features, with a place each
 * @param width channels of the generators
 * @param blocks of each generator
 * @param heads of attention in them
 * @param rank of a change
 * @param alpha changes are multiplied by {@code alpha / rank}
 * @param step every so many layers of the language model one is changed: the last of them
 * @param kinds a letter for each kind of matrix: q, k, v, o, and m for the whole of the block behind the second norm
 */
record PerceptualWeights(
        ModelShape shape,
        SquareGrid grid,
        int width,
        int blocks,
        int heads,
        int rank,
        double alpha,
        int step,
        String kinds) {

    /** The table of the grid's places. */
    String places() {
        return "places." + grid.side() + "x" + grid.side();
    }

    /** The layers that are changed: counted from 0, 3, 7, ... 31 at a step of 4. */
    List<Integer> layers() {
        return IntStream.range(0, shape.decoderLayers())
                .filter(layer -> (layer + 1) % step == 0)
                .boxed()
                .toList();
    }

    private WeightsGenerator generator(char kind) {
        return new WeightsGenerator(kind + ".", width, blocks, heads, layers().size(), inputs(kind), rank);
    }

    private long inputs(char kind) {
        return kind == 'o' ? shape.decoderQueryWidth() : shape.decoderWidth();
    }

    /** Keys and values of fewer heads than queries are narrower. */
    private long outputs(char kind) {
        return switch (kind) {
            case 'q' -> shape.decoderQueryWidth();
            case 'k', 'v' -> shape.decoderKeyWidth();
            default -> shape.decoderWidth();
        };
    }

    private static String name(int layer, char kind) {
        return "text.layers." + layer + (kind == 'm' ? ".mlp" : ".self_attn." + kind + "_proj.weight");
    }

    /** Declares the weights of all generators, and what is shared by all pictures. */
    void declare(Declaration.Builder to) {
        to.normal("features.weight", WeightsGenerator.spread(width), width, grid.width())
                .constant("features.bias", 0, width)
                .normal(places(), 1, grid.cells(), width);
        for (int k = 0; k < kinds.length(); k++) {
            char kind = kinds.charAt(k);
            generator(kind).declare(to);
            to.constant(kind + ".shared", 0, layers().size(), outputs(kind), rank);
        }
    }

    /**
     * What a picture adds.
     *
     * @param map features: {@code [1, encoder width, side, side]}
     */
    Additions of(Tensor map, Weights own) {
        Tensor x = own.linear("features", width, grid.width(), true)
                .forward(map.reshape(grid.width(), grid.cells()).t())
                .add(own.tensor(places(), grid.cells(), width));
        Map<String, Addition> all = new LinkedHashMap<>();
        List<Integer> layers = layers();
        for (int k = 0; k < kinds.length(); k++) {
            char kind = kinds.charAt(k);
            Tensor generated = generator(kind).of(x, own);
            Tensor shared = own.tensor(kind + ".shared", layers.size(), outputs(kind), rank);
            for (int i = 0; i < layers.size(); i++) {
                Tensor down = generated.select(0, i).t();
                all.put(name(layers.get(i), kind), new Addition.LowRank(down, shared.select(0, i), alpha / rank));
            }
        }
        return new Additions(all);
    }

    /** FLOPs of what a picture adds, two per multiply-add. */
    long generating() {
        long flops = 2L * grid.cells() * grid.width() * width;
        for (int k = 0; k < kinds.length(); k++) {
            char kind = kinds.charAt(k);
            flops += generator(kind).flops(grid.cells());
        }
        return flops;
    }

    /** FLOPs of the factors for a token of the prompt. */
    long applying() {
        long perLayer = kinds.chars()
                .mapToLong(k -> inputs((char) k) + outputs((char) k))
                .sum();
        return 2L * layers().size() * rank * perLayer;
    }
}
