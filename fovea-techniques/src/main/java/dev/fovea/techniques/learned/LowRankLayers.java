package dev.fovea.techniques.learned;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Low-rank additions to linear layers of a model (LoRA, arXiv 2106.09685, section 4.1): to each matrix
 * {@code [out, in]} the product of {@code NAME.up [out, rank]}, which starts at 0, and {@code NAME.down [rank, in]}.
 *
 * @param rank of the product; not above the smaller side of a matrix
 * @param scale factor of the product
 */
record LowRankLayers(int rank, double scale) {

    /** A matrix of a model under its canonical name. */
    record Layer(String name, long out, long in) {
        long rank(int wanted) {
            return Math.min(wanted, Math.min(out, in));
        }
    }

    /** The seven matrices of every layer of a language model. */
    static List<Layer> ofDecoder(ModelShape shape) {
        long width = shape.decoderWidth();
        long queries = shape.decoderQueryWidth();
        long keys = shape.decoderKeyWidth();
        long inner = shape.decoderMlp();
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < shape.decoderLayers(); i++) {
            String at = "text.layers." + i + ".";
            layers.add(new Layer(at + "self_attn.q_proj.weight", queries, width));
            layers.add(new Layer(at + "self_attn.k_proj.weight", keys, width));
            layers.add(new Layer(at + "self_attn.v_proj.weight", keys, width));
            layers.add(new Layer(at + "self_attn.o_proj.weight", width, queries));
            layers.add(new Layer(at + "mlp.gate_proj.weight", inner, width));
            layers.add(new Layer(at + "mlp.up_proj.weight", inner, width));
            layers.add(new Layer(at + "mlp.down_proj.weight", width, inner));
        }
        return layers;
    }

    /** The six or, of a gated MLP, seven matrices of every layer of a vision encoder that its features pass. */
    static List<Layer> ofEncoder(ModelShape shape) {
        long width = shape.encoderWidth();
        long inner = shape.encoderMlp();
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < shape.featureLayers(); i++) {
            String at = "vision.layers." + i + ".";
            for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                layers.add(new Layer(at + "self_attn." + projection + ".weight", width, width));
            }
            if (shape.traits().gatedEncoder()) {
                layers.add(new Layer(at + "mlp.gate_proj.weight", inner, width));
                layers.add(new Layer(at + "mlp.up_proj.weight", inner, width));
                layers.add(new Layer(at + "mlp.down_proj.weight", width, inner));
            } else {
                layers.add(new Layer(at + "mlp.fc1.weight", inner, width));
                layers.add(new Layer(at + "mlp.fc2.weight", width, inner));
            }
        }
        return layers;
    }

    /** Declares the factors. */
    void declare(Declaration.Builder to, List<Layer> layers) {
        for (Layer layer : layers) {
            to.normal(layer.name + ".down", 1 / Math.sqrt(layer.in), layer.rank(rank), layer.in);
            to.constant(layer.name + ".up", 0, layer.out, layer.rank(rank));
        }
    }

    /** Adds what the factors make of these weights, by the names of the matrices. */
    void add(Map<String, Addition> to, List<Layer> layers, Weights own) {
        for (Layer layer : layers) {
            long r = layer.rank(rank);
            to.put(
                    layer.name,
                    new Addition.LowRank(
                            own.tensor(layer.name + ".down", r, layer.in),
                            own.tensor(layer.name + ".up", layer.out, r),
                            scale));
        }
    }
}
