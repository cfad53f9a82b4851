package dev.fovea.core.engine;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.vision.TransformerBlock;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Queries, keys and values of one encoder block for images that lie end to end, as attention multiplies them, with those
 * of tokens that an image's attention sees though they are not its own.
 *
 * @param q {@code [heads, total rows, d]}
 * @param k as q
 * @param v as q
 * @param bias per image added to the scores towards its keys {@code [rows]} or null; or null
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
     * @param x {@code [total rows, width]}
     * @param rotation turns queries and keys of these rows, or null
     * @param guests per image {@code [n, width]} or null
     */
    static EncoderProjections of(
            TransformerBlock block,
            Tensor x,
            RotaryEmbedding.@Nullable Table rotation,
            @Nullable Tensor @Nullable [] bias,
            @Nullable Tensor[] guests) {
        Tensor normed = block.attentionNorm().forward(x);
        List<Tensor> qkv = block.projections(normed);
        return new EncoderProjections(
                rotated(qkv.get(0), rotation),
                rotated(qkv.get(1), rotation),
                qkv.get(2),
                bias,
                Arrays.stream(guests).map(g -> guests(block, g)).toArray(Guests[]::new));
    }

    private static Tensor rotated(Tensor heads, RotaryEmbedding.@Nullable Table rotation) {
        return rotation == null ? heads : RotaryEmbedding.rotate(heads, rotation);
    }

    private static @Nullable Guests guests(TransformerBlock block, @Nullable Tensor states) {
        if (states == null) {
            return null;
        }
        Tensor normed = block.attentionNorm().forward(states);
        return new Guests(block.keys(normed), block.values(normed));
    }

    /** The image whose rows begin at {@code from}. */
    OfImage ofImage(int image, int from, int rows) {
        Tensor own = bias == null ? null : bias[image];
        OfImage alone = new OfImage(q.narrow(1, from, rows), k.narrow(1, from, rows), v.narrow(1, from, rows), own);
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
     * What the heads gathered, before the output projection: {@code [total rows, width]}.
     *
     * @param lengths rows of each image
     * @param windows in which the block attends, or null where it sees whole images
     */
    Tensor attend(TransformerBlock block, int[] lengths, @Nullable EncoderWindows windows) {
        if (windows != null) {
            return inWindows(block, lengths, windows);
        }
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

    /** Windows of one size go through the kernel together. */
    private Tensor inWindows(TransformerBlock block, int[] lengths, EncoderWindows windows) {
        Tensor order = Tensors.indices(windows.rows());
        Tensor wq = q.index_select(1, order);
        Tensor wk = k.index_select(1, order);
        Tensor wv = v.index_select(1, order);
        Tensor allBias = bias == null ? null : packedBias(lengths).index_select(0, order);
        int[] sizes = windows.lengths();
        List<Tensor> parts = new ArrayList<>();
        int from = 0;
        int w = 0;
        while (w < sizes.length) {
            int size = sizes[w];
            int to = w;
            while (to < sizes.length && sizes[to] == size) {
                to++;
            }
            int count = to - w;
            int begin = from;
            @Nullable
            Tensor @Nullable [] own = allBias == null
                    ? null
                    : IntStream.range(0, count)
                            .mapToObj(i -> allBias.narrow(0, begin + (long) i * size, size))
                            .toArray(Tensor[]::new);
            parts.add(PackedAttention.self(
                    wq.narrow(1, from, (long) count * size),
                    wk.narrow(1, from, (long) count * size),
                    wv.narrow(1, from, (long) count * size),
                    IntStream.generate(() -> size).limit(count).toArray(),
                    false,
                    block.scale(),
                    own));
            from += count * size;
            w = to;
        }
        return Tensors.cat(0, parts.toArray(Tensor[]::new)).index_select(0, Tensors.indices(windows.inverse()));
    }

    private Tensor packedBias(int[] lengths) {
        Tensor[] parts = new Tensor[lengths.length];
        for (int i = 0; i < parts.length; i++) {
            Tensor own = bias == null ? null : bias[i];
            parts[i] = own == null ? Tensors.zeros(DType.F32, lengths[i]) : own;
        }
        return Tensors.cat(0, parts);
    }
}
