package dev.fovea.techniques.learned;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * A small transformer that reads words and visual tokens together and scores each visual token: a norm and one matrix for
 * both, an embedding that tells them apart, blocks in which all see all, and a matrix of one row.
 *
 * @param width of the tokens it reads
 * @param inner its own width, a multiple of the heads
 * @param blocks pre-norm transformer blocks
 */
record PruningModule(long width, long inner, int blocks) {
    static final int HEADS = 4;
    private static final double EPS = 1e-5;

    /** Declares its parameters. */
    void declare(Declaration.Builder to) {
        to.layerNorm("norm", width);
        to.linear("in", inner, width).normal("modality", 0.02, 2, inner);
        for (int b = 0; b < blocks; b++) {
            String at = block(b);
            to.layerNorm(at + "attention_norm", inner);
            to.linear(at + "query", inner, inner).linear(at + "key", inner, inner);
            to.linear(at + "value", inner, inner).linear(at + "out", inner, inner);
            to.layerNorm(at + "mlp_norm", inner);
            to.linear(at + "mlp.up", 4 * inner, inner).linear(at + "mlp.down", inner, 4 * inner);
        }
        to.normal("score.weight", 0.02, 1, inner).constant("score.bias", 0, 1);
    }

    private static String block(int b) {
        return "blocks." + b + ".";
    }

    /**
     * Scores of the visual tokens, f32: {@code [visual, 1]}.
     *
     * @param visual {@code [visual, width]}
     * @param text {@code [words, width]}, perhaps none
     */
    Tensor score(Weights own, Tensor visual, Tensor text) {
        LayerNorm norm = own.layerNorm("norm", width, EPS);
        Tensor both = own.linear("in", inner, width, true).forward(norm.forward(Tensors.cat(0, text, visual)));
        Tensor modality = own.tensor("modality", 2, inner);
        long words = text.size(0);
        Tensor x = both.add(Tensors.cat(
                0,
                modality.narrow(0, 0, 1).expand(words, inner),
                modality.narrow(0, 1, 1).expand(visual.size(0), inner)));
        for (int b = 0; b < blocks; b++) {
            x = block(own.under(block(b)), x);
        }
        return own.linear("score", 1, inner, true).forward(x.narrow(0, words, visual.size(0)));
    }

    private Tensor block(Weights own, Tensor x) {
        Tensor seen = own.layerNorm("attention_norm", inner, EPS).forward(x);
        Tensor attended = PackedAttention.self(
                heads(own, "query", seen),
                heads(own, "key", seen),
                heads(own, "value", seen),
                new int[] {(int) x.size(0)},
                false,
                1 / Math.sqrt((double) inner / HEADS),
                null);
        Tensor y = x.add(own.linear("out", inner, inner, true).forward(attended));
        Mlp mlp = new Mlp(
                own.linear("mlp.up", 4 * inner, inner, true),
                Activation.GELU,
                own.linear("mlp.down", inner, 4 * inner, true));
        return y.add(mlp.forward(own.layerNorm("mlp_norm", inner, EPS).forward(y)));
    }

    /** {@code [tokens, inner] -> [heads, tokens, inner / heads]}. */
    private Tensor heads(Weights own, String name, Tensor x) {
        return own.linear(name, inner, inner, true)
                .forward(x)
                .view(x.size(0), HEADS, inner / HEADS)
                .transpose(0, 1);
    }

    /** FLOPs of matrix products, two per multiply-add. */
    long flops(long visual, long words) {
        long n = visual + words;
        long perBlock = 2 * n * 12 * inner * inner + 4 * n * n * inner;
        return 2 * n * width * inner + blocks * perBlock + 2 * visual * inner;
    }
}
