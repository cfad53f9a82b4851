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
 * llava-sp-cropping-lora and llava-sp-pooling-lora (arXiv 2507.00505): the convolutions, the attention to details and the
 * connector in full, and the language model's low-rank factors beside them. Under pooling a convolution stands behind the
 * averaging to its side, but for the largest.
 */
final class LlavaSpLayout implements PublishedLayout {
    private static final String AT = "model.";
    private static final int SIDE = 24;
    private static final int STEP = 4;

    @Override
    public Map<String, String> knobs(PublishedWeights from, ModelShape shape) {
        Map<String, String> knobs = new LinkedHashMap<>();
        knobs.put("maps", from.contains(AT + "conv_" + STEP + ".1.weight") ? "pooling" : "cropping");
        knobs.put("detail", from.contains(AT + "conv_CM.weight") ? "on" : "off");
        knobs.put("step", Integer.toString(STEP));
        knobs.put("side", Integer.toString(SIDE));
        knobs.put("channels", Long.toString(from.sizes(AT + "conv_" + SIDE + ".weight", 4)[0]));
        knobs.put("connector", "biased");
        knobs.put("rank", PublishedModel.rank(from, shape));
        return knobs;
    }

    @Override
    public List<Piece> pieces(PublishedWeights from, ModelShape shape, Knobs knobs) {
        SpatialTokens own = LlavaSp.tokens(shape, knobs);
        List<Piece> pieces = new ArrayList<>(PublishedModel.lowRank(from, shape));
        int channels = own.channels();
        for (int k : own.sides()) {
            String averaged = own.cropping() || k == SIDE ? "" : ".1";
            pieces.add(kernel(own, own.name(k), "conv_" + k + averaged, k));
        }
        if (own.detail()) {
            pieces.add(kernel(own, "dfi.detail.weight", "conv_CM", own.detailKernel()));
            for (String part : List.of("query", "key", "value")) {
                String at = AT + part + "_projector.";
                PublishedModel.norm(pieces, "dfi." + part + ".norm", at + "0", channels);
                PublishedModel.linear(pieces, "dfi." + part, at + "1", channels, channels);
            }
        }
        pieces.add(Piece.of("token.weight", AT + "conv_linear.1.weight", own.out(), own.gathered()));
        if (own.biased()) {
            pieces.add(Piece.of("token.bias", AT + "conv_linear.1.bias", own.out()));
        }
        connector(pieces, shape, knobs);
        return pieces;
    }

    private static Piece kernel(SpatialTokens own, String name, String theirs, long side) {
        return Piece.of(
                name, AT + theirs + ".weight", own.channels(), own.grid().width(), side, side);
    }

    /** The connector is another one: what it has more than the model's is added to that. */
    private static void connector(List<Piece> to, ModelShape shape, Knobs knobs) {
        LlavaSp.finetuned(shape, knobs).connector().forEach((name, sizes) -> {
            String layer = name.startsWith("connector.linear_1.") ? "0" : "2";
            String kind = name.substring(name.lastIndexOf('.'));
            to.add(Piece.of(name, AT + "mm_projector." + layer + kind, sizes).minusModel());
        });
    }
}
