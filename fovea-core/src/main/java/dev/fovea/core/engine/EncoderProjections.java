package dev.fovea.core.engine;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.model.clip.ClipBlock;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Queries, keys and values of one encoder block for images that lie end to end, with those of tokens that an image's
 * attention sees though they are not its own.
 *
 * @param q {@code [heads, total tokens, d]}
 * @param k as q
 * @param v as q
 * @param bias per image added to the scores towards its keys {@code [tokens]} or null; or null
 * @param guests per image, or null
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one block; never compared
record EncoderProjections(
        Tensor q,
        Tensor k,
        Tensor v,
        @Nullable Tensor @Nullable [] bias,
        @Nullable Guests[] guests) {

    /** Keys and values of tokens that only attend: {@code [heads, n, d]}. */
    record Guests(Tensor k, Tensor v) {}

    /** One image, the keys and values of its guests behind its own; {@code bias} covers both. */
    record OfImage(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias) {}

    /**
     * Projects what enters a block.
     *
     * @param x {@code [total tokens, width]}
     * @param guests per image {@code [n, width]} or null
     */
    static EncoderProjections of(
            ClipBlock block, Tensor x, @Nullable Tensor @Nullable [] bias, @Nullable Tensor[] guests) {
        Tensor normed = block.attentionNorm().forward(x);
        return new EncoderProjections(
                block.split(block.query().forward(normed)),
                block.split(block.key().forward(normed)),
                block.split(block.value().forward(normed)),
                bias,
                Arrays.stream(guests).map(g -> guests(block, g)).toArray(Guests[]::new));
    }

    private static @Nullable Guests guests(ClipBlock block, @Nullable Tensor states) {
        if (states == null) {
            return null;
        }
        Tensor normed = block.attentionNorm().forward(states);
        return new Guests(
                block.split(block.key().forward(normed)),
                block.split(block.value().forward(normed)));
    }

    /** The image whose tokens begin at {@code from}. */
    OfImage ofImage(int image, int from, int tokens) {
        Tensor own = bias == null ? null : bias[image];
        OfImage alone =
                new OfImage(q.narrow(1, from, tokens), k.narrow(1, from, tokens), v.narrow(1, from, tokens), own);
        Guests g = guests[image];
        return g == null
                ? alone
                : new OfImage(
                        alone.q,
                        Tensors.cat(1, alone.k, g.k),
                        Tensors.cat(1, alone.v, g.v),
                        own == null ? null : Tensors.cat(0, own, Tensors.zeros(DType.F32, g.k.size(1))));
    }

    /**
     * What the heads gathered, before the output projection: {@code [total tokens, width]}.
     *
     * @param lengths tokens of each image
     */
    Tensor attend(ClipBlock block, int[] lengths) {
        if (Arrays.stream(guests).allMatch(g -> g == null)) {
            return PackedAttention.self(q, k, v, lengths, false, block.scale(), bias);
        }
        Tensor[] parts = new Tensor[lengths.length];
        int from = 0;
        for (int i = 0; i < parts.length; i++) {
            OfImage image = ofImage(i, from, lengths[i]);
            parts[i] = PackedAttention.cross(image.q, image.k, image.v, image.bias, block.scale());
            from += lengths[i];
        }
        return Tensors.cat(0, parts);
    }
}
