package dev.fovea.core.engine;

import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.llama.LlamaDecoder;
import dev.fovea.core.model.llama.LlamaLayer;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A language model without caches, packing or fused kernels: every layer works on the whole sequence, in which a token
 * may be absent from some layer on. What the path computes step by step must be what this computes at once.
 */
final class NaiveDecoder {
    private final LlamaDecoder decoder;

    NaiveDecoder(LlamaDecoder decoder) {
        this.decoder = decoder;
    }

    /**
     * Logits of the last token.
     *
     * @param embeddings {@code [tokens, width]}
     * @param leaves for each token the layer from which on it is absent
     * @param renumber whether each layer numbers the tokens it sees from 0
     */
    float[] logits(Tensor embeddings, int[] leaves, boolean renumber) {
        int[] present = IntStream.range(0, leaves.length).toArray();
        Tensor x = embeddings;
        for (int l = 0; l < decoder.layers().size(); l++) {
            int layer = l;
            int[] before = present;
            int[] left = Arrays.stream(before).filter(t -> leaves[t] > layer).toArray();
            int[] rows = IntStream.range(0, before.length)
                    .filter(i -> leaves[before[i]] > layer)
                    .toArray();
            x = x.index_select(0, Tensors.indices(rows));
            present = left;
            x = layer(
                    decoder.layers().get(l),
                    x,
                    renumber ? IntStream.range(0, left.length).toArray() : left);
        }
        return Tensors.floats(decoder.logits(x.narrow(0, x.size(0) - 1, 1)));
    }

    private Tensor layer(LlamaLayer layer, Tensor x, int[] positions) {
        Tensor normed = layer.attentionNorm().forward(x);
        RotaryEmbedding.Table table = decoder.config().rotary().table(positions);
        Tensor q = RotaryEmbedding.rotate(layer.queries(normed), table);
        int group = layer.heads() / layer.kvHeads();
        Tensor k = RotaryEmbedding.rotate(layer.keys(normed), table)
                .repeat_interleave(group, new LongOptional(0), new LongOptional());
        Tensor v = layer.values(normed).repeat_interleave(group, new LongOptional(0), new LongOptional());
        Tensor scores =
                Tensors.scale(q.matmul(k.transpose(1, 2)), decoder.config().scale());
        float[] mask = new float[positions.length * positions.length];
        for (int i = 0; i < positions.length; i++) {
            Arrays.fill(mask, i * positions.length + i + 1, (i + 1) * positions.length, -1e30f);
        }
        Tensor probabilities = Tensors.softmax(scores.add(Tensors.of(mask, positions.length, positions.length)));
        Tensor out = probabilities.matmul(v).transpose(0, 1).reshape(positions.length, -1);
        return layer.mlpResidual(x.add(layer.out().forward(Tensors.to(out, DType.F32))));
    }
}
