package dev.fovea.techniques.learned;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * FLASH's layer over tokens in slots (arXiv 2505.12728, section 4.3): Llama's, with norms before its halves, and biases in
 * the attention.
 *
 * @param own the draft's weights
 */
record FlashLayer(FlashSizes sizes, Weights own) {
    private static final double EPS = 1e-6;
    private static final RotaryEmbedding ROTARY = RotaryEmbedding.plain(FlashSizes.HEAD, 10_000);

    /** Keys and values of rows: {@code [heads, rows, 64]} each, the keys rotated. */
    record Kept(Tensor keys, Tensor values) {
        Kept and(Kept more) {
            return new Kept(Tensors.cat(1, keys, more.keys), Tensors.cat(1, values, more.values));
        }
    }

    /** What enters: tokens with their slots added, {@code [rows, width]}. */
    Tensor slotted(Tensor tokens, int[] token, int[] slot) {
        Tensor first = own.tensor("slots.first", 1, sizes.width());
        Tensor all = sizes.slots() == 1
                ? first
                : Tensors.cat(0, first, own.tensor("slots.others", sizes.slots() - 1, sizes.width()));
        return tokens.index_select(0, Tensors.indices(token)).add(all.index_select(0, Tensors.indices(slot)));
    }

    private Tensor normed(Tensor rows) {
        return own.rmsNorm("attention_norm", sizes.width(), EPS).forward(rows);
    }

    /** Keys and values of rows at these places. */
    Kept keep(Tensor rows, int[] positions) {
        Tensor normed = normed(rows);
        Tensor keys = RotaryEmbedding.rotate(heads("k_proj", normed), ROTARY.table(positions));
        return new Kept(keys, heads("v_proj", normed));
    }

    /**
     * What leaves the layer.
     *
     * @param rows that ask: {@code [rows, width]}
     * @param positions of these
     * @param seen what they look at
     * @param hidden {@code [rows, seen]}, true where one does not look
     */
    Tensor leaving(Tensor rows, int[] positions, Kept seen, Tensor hidden) {
        Tensor q = RotaryEmbedding.rotate(heads("q_proj", normed(rows)), ROTARY.table(positions));
        Tensor attended =
                PackedAttention.masked(q, seen.keys(), seen.values(), hidden, 1 / Math.sqrt(FlashSizes.HEAD), 0);
        Tensor between = rows.add(own.linear("attention.o_proj", sizes.width(), sizes.attention(), true)
                .forward(attended));
        return between.add(
                mlp().forward(own.rmsNorm("mlp_norm", sizes.width(), EPS).forward(between)));
    }

    private GatedMlp mlp() {
        return new GatedMlp(
                own.linear("mlp.gate_proj", sizes.mlp(), sizes.width(), false),
                own.linear("mlp.up_proj", sizes.mlp(), sizes.width(), false),
                own.linear("mlp.down_proj", sizes.width(), sizes.mlp(), false),
                Activation.SILU);
    }

    private Tensor heads(String name, Tensor x) {
        Linear map = own.linear("attention." + name, sizes.attention(), sizes.width(), true);
        return map.forward(x).view(x.size(0), sizes.heads(), FlashSizes.HEAD).transpose(0, 1);
    }
}
