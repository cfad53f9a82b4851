package dev.fovea.techniques.learned;

import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.learned.PublishedWeights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * VLoRA-7b-v1 (arXiv 2405.20339): the generators stand where LLaVA has its projector, and their sizes in
 * {@code config.json}; the factors that all pictures share are rows of one table, kind by kind.
 */
final class VloraLayout implements PublishedLayout {
    private static final String AT = "model.mm_projector.";

    /** The official generators have so many whatever their width. */
    private static final String HEADS = "16";

    @Override
    public Map<String, String> knobs(PublishedWeights from, ModelShape shape) {
        long[] places = from.sizes(AT + "pos_embed", 2);
        long side = Math.round(Math.sqrt(places[0]));
        long made = from.sizes(AT + "gen.0.weights_head.bias", 1)[0];
        if (side * side != places[0] || made % shape.decoderWidth() != 0) {
            throw new IllegalArgumentException("The generators in " + from.folder() + " read " + places[0]
                    + " features and make " + made + " numbers for a layer, which is no square grid or no whole rank at"
                    + " this model's width of " + shape.decoderWidth()
                    + "; use them with the model that they were trained for.");
        }
        int blocks = 0;
        while (from.contains(AT + "gen.0.decoders." + blocks + ".norm1.weight")) {
            blocks++;
        }
        long rank = made / shape.decoderWidth();
        Map<String, String> knobs = new LinkedHashMap<>();
        knobs.put("kinds", from.setting("vlora_type", "qkvom"));
        knobs.put("rank", Long.toString(rank));
        knobs.put("alpha", Long.toString(from.setting("vlora_alpha").orElse(rank)));
        knobs.put("step", Long.toString(from.setting("skip_layers").orElse(4)));
        knobs.put("width", Long.toString(places[1]));
        knobs.put("blocks", Integer.toString(blocks));
        knobs.put("heads", HEADS);
        knobs.put("side", Long.toString(side));
        knobs.put("llm-rank", PublishedModel.rank(from, shape));
        return knobs;
    }

    @Override
    public List<Piece> pieces(PublishedWeights from, ModelShape shape, Knobs knobs) {
        PerceptualWeights own = Vlora.perceptual(shape, knobs);
        int width = own.width();
        List<Piece> pieces = new ArrayList<>(PublishedModel.lowRank(from, shape));
        PublishedModel.linear(
                pieces, "features", AT + "visual_proj", width, own.grid().width());
        pieces.add(Piece.of(own.places(), AT + "pos_embed", own.grid().cells(), width));
        int queries = own.layers().size();
        long made = (long) shape.decoderWidth() * own.rank();
        for (int k = 0; k < own.kinds().length(); k++) {
            String kind = own.kinds().charAt(k) + ".";
            String at = AT + "gen." + k + ".";
            pieces.add(Piece.of(kind + "queries", at + "queries", queries, width));
            for (int b = 0; b < own.blocks(); b++) {
                block(pieces, kind + "blocks." + b + ".", at + "decoders." + b + ".", width);
            }
            PublishedModel.norm(pieces, kind + "norm", at + "norm", width);
            PublishedModel.linear(pieces, kind + "head", at + "weights_head", made, width);
            pieces.add(Piece.of(kind + "shared", AT + "Bs", (long) own.kinds().length() * queries, made)
                    .rows((long) k * queries, queries));
        }
        return pieces;
    }

    private static void block(List<Piece> to, String name, String at, int width) {
        for (String attention : List.of("self", "cross")) {
            String theirs = at + (attention.equals("self") ? "self_attn." : "multihead_attn.");
            to.add(Piece.of(name + attention + ".in.weight", theirs + "in_proj_weight", 3L * width, width));
            to.add(Piece.of(name + attention + ".in.bias", theirs + "in_proj_bias", 3L * width));
            PublishedModel.linear(to, name + attention + ".out", theirs + "out_proj", width, width);
        }
        PublishedModel.linear(to, name + "mlp.first", at + "linear1", 4L * width, width);
        PublishedModel.linear(to, name + "mlp.second", at + "linear2", width, 4L * width);
        for (int norm = 1; norm <= 3; norm++) {
            PublishedModel.norm(to, name + "norm" + norm, at + "norm" + norm, width);
        }
    }
}
