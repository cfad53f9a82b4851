package dev.fovea.techniques.learned;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import org.bytedeco.pytorch.Tensor;

/**
 * Learned queries that gather a picture's features (LLaVA-Mini, arXiv 2501.03895, section 4.1, in the form of the official
 * code): attention of several heads, queries and features normed, places added to queries and keys. The keys' table is the
 * queries' own, enlarged: a single query has one place, which no key differs in.
 *
 * @param side queries along each side of their grid
 * @param width channels of the features
 * @param heads of attention, a divisor of the width
 */
record QueryCompressor(int side, int width, int heads) {
    private static final String AT = "compressor.";
    private static final double EPS = 1e-5;

    /** How many queries, and tokens made, there are. */
    int count() {
        return side * side;
    }

    /** Declares the weights, which start as torch's attention does. */
    void declare(Declaration.Builder to) {
        to.normal(AT + "query", 0.02, count(), width)
                .layerNorm(AT + "ln_q", width)
                .layerNorm(AT + "ln_kv", width)
                .xavier(AT + "attn.in_proj_weight", 3L * width, width)
                .constant(AT + "attn.in_proj_bias", 0, 3L * width)
                .uniform(AT + "attn.out_proj.weight", 1 / Math.sqrt(width), width, width)
                .constant(AT + "attn.out_proj.bias", 0, width);
    }

    /**
     * What the queries gather.
     *
     * @param features {@code [rows * cols, width]}, row by row
     * @return {@code [count, width]}
     */
    Tensor of(Tensor features, int rows, int cols, Weights own) {
        GridSines places = new GridSines(side, side, width);
        Tensor queries = norm("ln_q", own).forward(own.tensor(AT + "query", count(), width));
        Tensor seen = norm("ln_kv", own).forward(features);
        Tensor gathered = PackedAttention.cross(
                heads(projection(0, own).forward(queries.add(places.table()))),
                heads(projection(1, own).forward(seen.add(places.resized(rows, cols)))),
                heads(projection(2, own).forward(seen)),
                null,
                1 / Math.sqrt((double) width / heads));
        return own.linear(AT + "attn.out_proj", width, width, true).forward(gathered);
    }

    /** FLOPs of matrix products over so many features, two per multiply-add. */
    long flops(long features) {
        long products = 2 * (count() + features) * width * width;
        return 2 * (products + 2 * count() * features * width);
    }

    private LayerNorm norm(String name, Weights own) {
        return own.layerNorm(AT + name, width, EPS);
    }

    /** Of queries, keys or values: one of three that are stored as one. */
    private Linear projection(int part, Weights own) {
        Tensor weight = own.tensor(AT + "attn.in_proj_weight", 3L * width, width);
        Tensor bias = own.tensor(AT + "attn.in_proj_bias", 3L * width);
        long first = (long) part * width;
        return new Linear(weight.narrow(0, first, width), bias.narrow(0, first, width), own.products());
    }

    /** {@code [tokens, width] -> [heads, tokens, width / heads]}. */
    private Tensor heads(Tensor x) {
        return x.view(x.size(0), heads, width / heads).transpose(0, 1);
    }
}
