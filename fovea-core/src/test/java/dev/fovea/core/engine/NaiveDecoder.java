package dev.fovea.core.engine;

import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.language.Beside;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A language model without caches, packing or fused kernels: every layer works on the whole sequence, in which a token
 * may be absent from some layer on. What the path computes step by step must be what this computes at once.
 */
final class NaiveDecoder {
    private final Decoder decoder;
    private final @Nullable Tensor deep;
    private final IntFunction<Beside> beside;
    private final Streams streams;

    /** What is done to hidden states on their way. */
    interface Streams {
        /** To what the MLP of a layer adds. */
        default Tensor mlp(int layer, Tensor branch) {
            return branch;
        }

        /** To the states behind a layer. */
        default Tensor behind(int layer, Tensor states) {
            return states;
        }

        /** To the scores of attention, {@code [heads, queries, keys]}, before those that nobody sees are left out. */
        default Tensor scores(int layer, Tensor scores) {
            return scores;
        }

        /** Whether a query does not look at a key that it would see. */
        default boolean blocks(int layer, int query, int key) {
            return false;
        }
    }

    NaiveDecoder(Decoder decoder) {
        this(decoder, null);
    }

    /** @param deep what is added behind the first layers, 0 at words: {@code [tokens, layers * width]}, or null */
    NaiveDecoder(Decoder decoder, @Nullable Tensor deep) {
        this(decoder, deep, layer -> Beside.NOTHING);
    }

    /** @param beside what is added beside the maps of each layer */
    NaiveDecoder(Decoder decoder, @Nullable Tensor deep, IntFunction<Beside> beside) {
        this(decoder, deep, beside, new Streams() {});
    }

    NaiveDecoder(Decoder decoder, @Nullable Tensor deep, IntFunction<Beside> beside, Streams streams) {
        this.streams = streams;
        this.decoder = decoder;
        this.deep = deep;
        this.beside = beside;
    }

    /**
     * Logits of the last token.
     *
     * @param embeddings {@code [tokens, width]}
     * @param leaves for each token the layer from which on it is absent
     * @param renumber whether each layer numbers the tokens it sees from 0
     */
    float[] logits(Tensor embeddings, int[] leaves, boolean renumber) {
        int[][] counted = {IntStream.range(0, leaves.length).toArray()};
        return logits(embeddings, leaves, renumber ? null : counted);
    }

    /**
     * Logits of the last token.
     *
     * @param positions {@code [axes][tokens]}, or null to number the tokens that each layer sees from 0
     */
    float[] logits(Tensor embeddings, int[] leaves, int @Nullable [][] positions) {
        return logits(embeddings, leaves, positions, positions == null ? 0 : Integer.MAX_VALUE);
    }

    /** As above, with tokens numbered from 0 in the layers from {@code renumbered} on. */
    float[] logits(Tensor embeddings, int[] leaves, int @Nullable [][] positions, int renumbered) {
        int[] blocks = new int[leaves.length];
        Arrays.fill(blocks, -1);
        return logits(embeddings, leaves, positions, renumbered, blocks);
    }

    /** As above, with tokens of one block, other than -1, seeing each other both ways where the model has it so. */
    float[] logits(Tensor embeddings, int[] leaves, int @Nullable [][] positions, int renumbered, int[] blocks) {
        Tensor x = through(embeddings, leaves, positions, renumbered, blocks);
        return Tensors.floats(decoder.logits(x.narrow(0, x.size(0) - 1, 1)));
    }

    /** Logits of every token of a sequence that keeps all of them, in the graph with the embeddings. */
    Tensor allLogits(Tensor embeddings, int[][] positions, int[] blocks) {
        int[] stays = new int[blocks.length];
        Arrays.fill(stays, Integer.MAX_VALUE);
        return decoder.logits(through(embeddings, stays, positions, Integer.MAX_VALUE, blocks));
    }

    private Tensor through(
            Tensor embeddings, int[] leaves, int @Nullable [][] positions, int renumbered, int[] blocks) {
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
                    l,
                    x,
                    Arrays.stream(left).map(t -> blocks[t]).toArray(),
                    positions == null || l >= renumbered
                            ? counted(left.length)
                            : Arrays.stream(positions)
                                    .map(axis -> Arrays.stream(left)
                                            .map(t -> axis[t])
                                            .toArray())
                                    .toArray(int[][]::new));
            x = withDeep(x, l, left);
        }
        return x;
    }

    /** States entering a layer, where no token is absent before it: {@code [tokens, width]}. */
    Tensor entering(int layer, Tensor embeddings) {
        int[] blocks = new int[(int) embeddings.size(0)];
        Arrays.fill(blocks, -1);
        Tensor x = embeddings;
        for (int l = 0; l < layer; l++) {
            x = layer(l, x, blocks, counted(blocks.length));
        }
        return x;
    }

    /** Logits of the last token, from the states that enter a layer. */
    float[] logitsFrom(int layer, Tensor states, int[][] positions) {
        int[] blocks = new int[(int) states.size(0)];
        Arrays.fill(blocks, -1);
        Tensor x = states;
        for (int l = layer; l < decoder.layers().size(); l++) {
            x = layer(l, x, blocks, positions);
        }
        return Tensors.floats(decoder.logits(x.narrow(0, x.size(0) - 1, 1)));
    }

    private Tensor withDeep(Tensor x, int layer, int[] present) {
        long width = decoder.options().width();
        if (deep == null || layer >= deep.size(1) / width) {
            return x;
        }
        return x.add(deep.narrow(1, layer * width, width).index_select(0, Tensors.indices(present)));
    }

    /** On every axis alike. */
    private int[][] counted(int length) {
        int[] ids = IntStream.range(0, length).toArray();
        return IntStream.range(0, decoder.options().rotary().axes())
                .mapToObj(axis -> ids)
                .toArray(int[][]::new);
    }

    private Tensor layer(int index, Tensor x, int[] blocks, int[][] positions) {
        DecoderLayer layer = decoder.layers().get(index);
        Beside own = beside.apply(index);
        int n = positions[0].length;
        Tensor normed = layer.mixerNorm().forward(x);
        RotaryEmbedding.Table table = decoder.options().rotary(index).table(positions);
        Tensor q = RotaryEmbedding.rotate(layer.attention().queries(normed, own), table);
        int group = layer.attention().heads() / layer.attention().kvHeads();
        Tensor k = RotaryEmbedding.rotate(layer.attention().keys(normed, own), table)
                .repeat_interleave(group, new LongOptional(0), new LongOptional());
        Tensor v =
                layer.attention().values(normed, own).repeat_interleave(group, new LongOptional(0), new LongOptional());
        Tensor scores =
                Tensors.scale(q.matmul(k.transpose(1, 2)), layer.attention().scale());
        double cap = layer.attention().cap();
        if (cap > 0) {
            scores = Tensors.scale(Tensors.scale(scores, 1 / cap).tanh(), cap);
        }
        float[] mask = new float[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                boolean seen =
                        sees(i, j, positions[0], blocks, layer.attention().window()) && !streams.blocks(index, i, j);
                mask[i * n + j] = seen ? 0 : -1e30f;
            }
        }
        Tensor probabilities = Tensors.softmax(streams.scores(index, scores).add(Tensors.of(mask, n, n)));
        Tensor out = probabilities.matmul(v).transpose(0, 1).reshape(n, -1);
        Tensor gathered = Tensors.to(out, DType.F32);
        Tensor branch = own.onto(Beside.Place.OUT, layer.attention().out().forward(gathered), gathered);
        Norm after = layer.mixerOutNorm();
        Tensor between = x.add(after == null ? branch : after.forward(branch));
        Tensor added = streams.mlp(index, layer.mlpResidual(between, own).sub(between));
        return streams.behind(index, between.add(added));
    }

    private boolean sees(int query, int key, int[] positions, int[] blocks, int window) {
        boolean mates = blocks[query] >= 0 && blocks[query] == blocks[key];
        boolean far = window > 0 && positions[key] <= positions[query] - window;
        return switch (decoder.options().variant().mutual()) {
            case NONE -> key <= query && !far;
            case PICTURES -> (key <= query || mates) && !far;
            case PROMPT -> (key <= query && !far) || mates;
        };
    }
}
