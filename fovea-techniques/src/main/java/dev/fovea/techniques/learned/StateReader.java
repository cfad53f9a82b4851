package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Learned queries that look at projected, normalised states by attention of several heads, as torch's
 * {@code MultiheadAttention} has it.
 *
 * @param name before the names of its weights
 * @param queries how many there are
 * @param in width of the states
 * @param width of projection, queries and what comes out
 * @param channels whether projected states are normalised along the channels of each; else along the tokens
 */
record StateReader(String name, int queries, long in, long width, boolean channels) {
    private static final int MOST_HEADS = 8;
    private static final double LEAST = 1e-12;

    void declare(Declaration.Builder to) {
        linear(to, name + ".project", width, in);
        to.normal(name + ".queries", 1, queries, width);
        to.xavier(name + ".attention.in.weight", 3 * width, width);
        to.constant(name + ".attention.in.bias", 0, 3 * width);
        to.uniform(name + ".attention.out.weight", 1 / Math.sqrt(width), width, width);
        to.constant(name + ".attention.out.bias", 0, width);
    }

    /** {@code NAME.weight [out, in]} and {@code NAME.bias [out]} as torch starts a linear layer. */
    static void linear(Declaration.Builder to, String name, long out, long in) {
        to.uniform(name + ".weight", 1 / Math.sqrt(in), out, in).uniform(name + ".bias", 1 / Math.sqrt(in), out);
    }

    /** As many heads as published, or the most that divide a width: 8 of SAM's and DINOv2's, 4 of PIDINet's 60. */
    int heads() {
        int heads = MOST_HEADS;
        while (width % heads != 0) {
            heads /= 2;
        }
        return heads;
    }

    /** {@code [states, in] -> [queries, width]}. */
    Tensor read(Weights own, Tensor states) {
        Tensor seen = normalised(own.linear(name + ".project", width, in, true).forward(states), channels);
        Weights attention = own.under(name + ".attention.");
        Tensor q = heads(attention
                .linearPart("in", 0, 3, width, width, true)
                .forward(own.tensor(name + ".queries", queries, width)));
        Tensor k = heads(attention.linearPart("in", 1, 3, width, width, true).forward(seen));
        Tensor v = heads(attention.linearPart("in", 2, 3, width, width, true).forward(seen));
        double scale = 1 / Math.sqrt((double) width / heads());
        Tensor shares = Tensors.softmax(Tensors.scale(q.matmul(k.transpose(1, 2)), scale));
        Tensor gathered = shares.matmul(v).transpose(0, 1).reshape(queries, width);
        return attention.linear("out", width, width, true).forward(gathered);
    }

    /** Each divided by its length, along channels or along tokens: {@code [tokens, channels]}. */
    static Tensor normalised(Tensor rows, boolean channels) {
        long[] along = {channels ? 1 : 0};
        try (Scalar least = new Scalar(LEAST)) {
            Tensor length = rows.mul(rows)
                    .sum(along, true, new ScalarTypeOptional())
                    .sqrt()
                    .clamp_min(least);
            return rows.div(length);
        }
    }

    /** {@code [tokens, width] -> [heads, tokens, width / heads]}. */
    private Tensor heads(Tensor x) {
        return x.view(x.size(0), heads(), width / heads()).transpose(0, 1);
    }
}
