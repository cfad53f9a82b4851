package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Adapter;
import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.learned.PublishedLayout.Piece;
import dev.fovea.core.learned.PublishedWeights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the checkpoints of techniques that grew from LLaVA have in common. A language model that was trained in full lies
 * in them as a whole: it has to be opened as the model, and nothing is added to it. One that was trained by low rank
 * (LoRA, arXiv 2106.09685) lies beside them as the factors of an adapter.
 */
final class PublishedModel {
    private static final String DECODER = "model.";

    private PublishedModel() {}

    private static String theirs(LowRankLayers.Layer layer) {
        return DECODER + layer.name().substring("text.".length(), layer.name().length() - "weight".length());
    }

    private static boolean adapted(PublishedWeights from, ModelShape shape) {
        return LowRankLayers.ofDecoder(shape).stream().anyMatch(l -> from.contains(theirs(l) + "lora_A.weight"));
    }

    /** The rank of what is added to the language model: that of the adapter; where nothing is added, 1 of zeros. */
    static String rank(PublishedWeights from, ModelShape shape) {
        return Integer.toString(adapted(from, shape) ? from.adapter().rank() : 1);
    }

    /** The factors of the adapter, with its scale in the second; none where there is no adapter. */
    static List<Piece> lowRank(PublishedWeights from, ModelShape shape) {
        List<Piece> pieces = new ArrayList<>();
        if (adapted(from, shape)) {
            Adapter adapter = from.adapter();
            for (LowRankLayers.Layer layer : LowRankLayers.ofDecoder(shape)) {
                String at = theirs(layer);
                // Matrices that were not adapted get nothing.
                if (from.contains(at + "lora_A.weight")) {
                    pieces.add(Piece.of(layer.name() + ".down", at + "lora_A.weight", adapter.rank(), layer.in()));
                    pieces.add(Piece.of(layer.name() + ".up", at + "lora_B.weight", layer.out(), adapter.rank())
                            .times(adapter.scale()));
                }
            }
        }
        return pieces;
    }

    /** Weight and bias of a layer. */
    static void linear(List<Piece> to, String name, String theirs, long out, long in) {
        to.add(Piece.of(name + ".weight", theirs + ".weight", out, in));
        to.add(Piece.of(name + ".bias", theirs + ".bias", out));
    }

    /** Weight and bias of a norm. */
    static void norm(List<Piece> to, String name, String theirs, long width) {
        to.add(Piece.of(name + ".weight", theirs + ".weight", width));
        to.add(Piece.of(name + ".bias", theirs + ".bias", width));
    }

    /** That of a technique without tensors of its own: the model, trained in full or by low rank, is all there is. */
    record Alone() implements PublishedLayout {
        @Override
        public Map<String, String> knobs(PublishedWeights from, ModelShape shape) {
            if (!adapted(from, shape)) {
                from.sizes(DECODER + "layers." + (shape.decoderLayers() - 1) + ".self_attn.q_proj.weight", 2);
            }
            return Map.of("rank", rank(from, shape));
        }

        @Override
        public List<Piece> pieces(PublishedWeights from, ModelShape shape, Knobs knobs) {
            return lowRank(from, shape);
        }
    }
}
