package dev.fovea.techniques.learned;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The perceptual weights generator of one kind of matrix (VLoRA, arXiv 2405.20339, section 3.3): learned queries, one for
 * each layer of the language model that is changed, pass blocks in which they see each other and the picture, and a head
 * that they share makes a factor of each.
 *
 * @param name stands before the names of its weights
 * @param width channels of queries and features
 * @param blocks in order
 * @param heads of attention
 * @param queries one for each changed layer
 * @param in rows of a factor: inputs of the matrix that it is for
 * @param rank columns of a factor
 */
record WeightsGenerator(String name, int width, int blocks, int heads, int queries, long in, int rank) {
    private static final double EPS = 1e-5;
    private static final int MLP = 4;

    /** Declares its weights; they start as the official ones: queries 1, attention's inputs as Xavier has them. */
    void declare(Declaration.Builder to) {
        to.normal(name + "queries", 1, queries, width);
        for (int i = 0; i < blocks; i++) {
            String at = name + "blocks." + i + ".";
            for (String attention : new String[] {"self", "cross"}) {
                to.xavier(at + attention + ".in.weight", 3L * width, width)
                        .constant(at + attention + ".in.bias", 0, 3L * width);
                linear(to, at + attention + ".out", width, width);
            }
            linear(to, at + "mlp.first", inner(), width);
            linear(to, at + "mlp.second", width, inner());
            for (int norm = 1; norm <= 3; norm++) {
                to.layerNorm(at + "norm" + norm, width);
            }
        }
        to.layerNorm(name + "norm", width);
        linear(to, name + "head", in * rank, width);
    }

    private long inner() {
        return (long) MLP * width;
    }

    private void linear(Declaration.Builder to, String name, long out, long in) {
        to.normal(name + ".weight", spread(width), out, in).constant(name + ".bias", 0, out);
    }

    /** How wide linear maps start: 0.02 at the official width, and wider in narrower ones, which pass on as much then. */
    static double spread(int width) {
        return 0.02 * Math.sqrt(512.0 / width);
    }

    /**
     * The factors that a picture gives.
     *
     * @param features {@code [tokens, width]}
     * @return {@code [queries, in, rank]}
     */
    Tensor of(Tensor features, Weights own) {
        Tensor y = own.tensor(name + "queries", queries, width);
        for (int i = 0; i < blocks; i++) {
            y = block(y, features, own.under(name + "blocks." + i + "."));
        }
        return own.linear(name + "head", in * rank, width, true)
                .forward(norm(own, name + "norm").forward(y))
                .view(queries, in, rank);
    }

    /** Pre-norm: among the queries, from the features, which have no norm, and each query by itself. */
    private Tensor block(Tensor queries, Tensor features, Weights w) {
        Tensor normed = norm(w, "norm1").forward(queries);
        Tensor y = queries.add(attention("self", normed, normed, w));
        y = y.add(attention("cross", norm(w, "norm2").forward(y), features, w));
        Tensor wide = w.linear("mlp.first", inner(), width, true)
                .forward(norm(w, "norm3").forward(y));
        return y.add(w.linear("mlp.second", width, inner(), true).forward(torch.gelu(wide)));
    }

    /**
     * FLOPs of making them, two per multiply-add.
     *
     * @param tokens of the features
     */
    long flops(long tokens) {
        long square = 2L * width * width;
        long self = 4L * queries * square + 4L * queries * queries * width;
        long cross = 2 * (queries + tokens) * square + 4L * queries * tokens * width;
        long mlp = 2L * MLP * queries * square;
        return blocks * (self + cross + mlp) + 2L * queries * width * in * rank;
    }

    private LayerNorm norm(Weights w, String of) {
        return w.layerNorm(of, width, EPS);
    }

    /** Multi-head attention without a mask; queries, keys and values are maps that are stored as one. */
    private Tensor attention(String of, Tensor asking, Tensor asked, Weights w) {
        Tensor weight = w.tensor(of + ".in.weight", 3L * width, width);
        Tensor bias = w.tensor(of + ".in.bias", 3L * width);
        Tensor[] parts = new Tensor[3];
        for (int p = 0; p < parts.length; p++) {
            long from = (long) p * width;
            Linear map = new Linear(weight.narrow(0, from, width), bias.narrow(0, from, width));
            parts[p] = split(map.forward(p == 0 ? asking : asked));
        }
        double scale = 1 / Math.sqrt((double) width / heads);
        Tensor seen = Tensors.attention(parts[0], parts[1], parts[2], null, false, scale)
                .squeeze(0)
                .transpose(0, 1)
                .reshape(asking.size(0), width);
        return w.linear(of + ".out", width, width, true).forward(seen);
    }

    /** {@code [tokens, width] -> [1, heads, tokens, width / heads]}. */
    private Tensor split(Tensor x) {
        return x.view(x.size(0), heads, -1).transpose(0, 1).unsqueeze(0);
    }
}
