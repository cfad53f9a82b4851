package dev.fovea.core.model.language;

import dev.fovea.core.kernel.FloatCopies;
import dev.fovea.core.kernel.TokenAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of one sequence. Layers may hold different numbers of tokens, and may number positions differently:
 * what was dropped or renumbered at one depth is so for every layer from there on, for later tokens too.
 *
 * <p>Owns its memory until {@link #close()}. Not for use by several threads at once.
 */
public final class KvCache implements AutoCloseable {
    private final List<Layer> layers;

    /**
     * An empty cache.
     *
     * @param capacity tokens to make room for at first; grows when needed
     */
    public KvCache(DecoderOptions config, DType dtype, int capacity) {
        this.layers = IntStream.range(0, config.layers())
                .mapToObj(i -> new Layer(config.kvHeads(), config.headDim(), dtype, capacity))
                .toList();
    }

    public Layer layer(int index) {
        return layers.get(index);
    }

    public int layers() {
        return layers.size();
    }

    /**
     * Forgets every token that came from place {@code length} of the full sequence or later, so that another
     * continuation can follow. Positions count on from what is left.
     */
    public void truncate(int length) {
        layers.forEach(layer -> layer.truncate(length));
    }

    /** Native memory that it takes. */
    public long bytes() {
        return layers.stream().mapToLong(Layer::bytes).sum();
    }

    @Override
    public void close() {
        layers.forEach(Layer::close);
    }

    /** What one layer holds. */
    public static final class Layer implements AutoCloseable {
        private final int heads;
        private final int headDim;
        private final DType dtype;
        private int capacity;
        private int length;
        private int nextPosition;
        private int[] origins = new int[0];
        private int[] positions = new int[0];
        private @Nullable OwnedTensor keys;
        private @Nullable OwnedTensor values;
        private long keysAt;
        private long valuesAt;

        private Layer(int heads, int headDim, DType dtype, int capacity) {
            this.heads = heads;
            this.headDim = headDim;
            this.dtype = dtype;
            this.capacity = Math.max(1, capacity);
        }

        /** Tokens held. */
        public int length() {
            return length;
        }

        private long bytes() {
            return keys == null ? 0 : 2L * heads * headDim * capacity * dtype.bytes();
        }

        /** Position id of the next token in this layer. */
        public int nextPosition() {
            return nextPosition;
        }

        /** For each held token its position id on the first axis: {@code [length]}. */
        public int[] positions() {
            return Arrays.copyOf(positions, length);
        }

        /** For each held token its place in the full sequence: {@code [length]}. */
        public int[] origins() {
            return Arrays.copyOf(origins, length);
        }

        /**
         * Adds tokens behind those held.
         *
         * @param k {@code [kv-heads, tokens, head dim]}, rotated
         * @param v {@code [kv-heads, tokens, head dim]}
         * @param places of the tokens in the full sequence
         * @param ids position ids of the tokens in this layer
         * @param next position id of the token after them
         */
        public void append(Tensor k, Tensor v, int[] places, int[] ids, int next) {
            int added = places.length;
            reserve(length + added);
            write(keys, k, added);
            write(values, v, added);
            System.arraycopy(places, 0, origins, length, added);
            System.arraycopy(ids, 0, positions, length, added);
            length += added;
            nextPosition = next;
        }

        /**
         * Adds one token behind those held.
         *
         * @param k its keys from {@code from} on, {@code [kv-heads, head dim]}, rotated
         * @param v its values, in the same way
         * @param place of it in the full sequence
         */
        public void append(float[] k, float[] v, int from, int place) {
            reserve(length + 1);
            for (int head = 0; head < heads; head++) {
                long at = ((long) head * capacity + length) * headDim * dtype.bytes();
                int own = from + head * headDim;
                FloatCopies.store(k, own, headDim, dtype, keysAt + at);
                FloatCopies.store(v, own, headDim, dtype, valuesAt + at);
            }
            origins[length] = place;
            positions[length] = nextPosition;
            length++;
            nextPosition++;
        }

        /**
         * What a token looks at that sees the first of those held, where they lie: until the next is added.
         *
         * @param count how many
         */
        public TokenAttention.Held held(int count) {
            return new TokenAttention.Held(keysAt, valuesAt, (long) capacity * headDim * dtype.bytes(), count);
        }

        /**
         * Whether everything held is seen by so many tokens that come next, each of which sees itself and those closest
         * before it, counted in positions or in places of the sequence.
         *
         * @param tokens that each sees, itself included
         * @param place of the first of the next ones
         */
        public boolean within(int tokens, int count, int place) {
            return length == 0
                    || (nextPosition + count - positions[0] <= tokens && place + count - origins[0] <= tokens);
        }

        /** {@code [kv-heads, length, head dim]}, a view. */
        public Tensor keys() {
            return held(keys);
        }

        /** {@code [kv-heads, length, head dim]}, a view. */
        public Tensor values() {
            return held(values);
        }

        private Tensor held(@Nullable OwnedTensor store) {
            if (store == null) {
                throw new IllegalStateException("This layer holds no tokens");
            }
            return store.get().narrow(1, 0, length);
        }

        private void write(@Nullable OwnedTensor store, Tensor tokens, int added) {
            if (store != null) {
                store.get().narrow(1, length, added).copy_(tokens);
            }
        }

        private void reserve(int tokens) {
            if (keys == null || tokens > capacity) {
                capacity = keys == null ? Math.max(capacity, tokens) : Math.max(2 * capacity, tokens);
                hold(grown(keys), grown(values));
                origins = Arrays.copyOf(origins, capacity);
                positions = Arrays.copyOf(positions, capacity);
            }
        }

        private void hold(OwnedTensor k, OwnedTensor v) {
            keys = k;
            values = v;
            keysAt = Tensors.address(k.get()).address();
            valuesAt = Tensors.address(v.get()).address();
        }

        private OwnedTensor grown(@Nullable OwnedTensor old) {
            OwnedTensor larger = OwnedTensor.of(Tensors.empty(dtype, heads, capacity, headDim));
            if (old != null) {
                larger.get().narrow(1, 0, length).copy_(old.get().narrow(1, 0, length));
                old.close();
            }
            return larger;
        }

        /**
         * Forgets all but these tokens.
         *
         * @param rows ascending indices of held tokens
         * @param next position id of the token behind them
         * @param room tokens to make room for behind them
         */
        public void retain(int[] rows, int next, int room) {
            nextPosition = next;
            boolean all = rows.length == length;
            if (all || keys == null || values == null) {
                return;
            }
            capacity = Math.max(1, rows.length + room);
            hold(selected(keys, rows), selected(values, rows));
            origins = Arrays.copyOf(chosen(origins, rows), capacity);
            positions = Arrays.copyOf(chosen(positions, rows), capacity);
            length = rows.length;
        }

        private OwnedTensor selected(OwnedTensor store, int[] rows) {
            OwnedTensor smaller = OwnedTensor.of(Tensors.empty(dtype, heads, capacity, headDim));
            smaller.get().narrow(1, 0, rows.length).copy_(store.get().index_select(1, Tensors.indices(rows)));
            store.close();
            return smaller;
        }

        private static int[] chosen(int[] numbers, int[] rows) {
            return Arrays.stream(rows).map(r -> numbers[r]).toArray();
        }

        private void truncate(int place) {
            int kept = 0;
            while (kept < length && origins[kept] < place) {
                kept++;
            }
            if (kept < length) {
                nextPosition = positions[kept];
                length = kept;
            }
        }

        @Override
        public void close() {
            if (keys != null) {
                keys.close();
            }
            if (values != null) {
                values.close();
            }
        }
    }
}
