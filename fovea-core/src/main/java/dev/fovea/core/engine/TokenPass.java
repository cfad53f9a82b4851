package dev.fovea.core.engine;

import dev.fovea.core.kernel.FloatCopies;
import dev.fovea.core.kernel.RowMap;
import dev.fovea.core.kernel.RowMaps;
import dev.fovea.core.kernel.TokenAttention;
import dev.fovea.core.kernel.TokenNorm;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.model.language.MoreWords;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * One pass of single tokens of several sequences through a language model where nothing but the model acts on them:
 * what {@link DecoderPass} does, by loops over weights and caches where they lie. A small model's layer takes less time
 * than the calls of libtorch that it is made of otherwise. A token gets the same bits whoever is in the pass with it.
 */
final class TokenPass {
    private final TokenLayers model;
    private final Decoder decoder;
    private final List<DecoderPass.Chunk> chunks;
    private final Breaks breaks;
    private final DType dtype;
    private final int rows;
    private final int width;
    private final Turn turn;
    private float[] finalStates = new float[0];

    /** @param chunks all of them {@linkplain #takes plain} */
    TokenPass(TokenLayers model, List<DecoderPass.Chunk> chunks, Breaks breaks) {
        this.model = model;
        this.decoder = model.decoder();
        this.chunks = chunks;
        this.breaks = breaks;
        this.dtype = decoder.dtype();
        this.rows = chunks.stream().mapToInt(DecoderPass.Chunk::count).sum();
        this.width = decoder.options().width();
        this.turn = new Turn(rows);
    }

    /**
     * Whether nothing but the model acts on the tokens of a continuation: one of them, or several that are guesses, each
     * of which is asked for.
     */
    static boolean takes(TokenLayers model, DecoderPass.Chunk chunk) {
        Sequence s = chunk.sequence();
        if (chunk.fresh() || (chunk.count() != 1 && !chunk.each()) || !s.isPlain()) {
            return false;
        }
        for (int l = 0; l < model.layers().size(); l++) {
            int window = model.layers().get(l).window();
            if (window > 0 && !s.cache().layer(l).within(window, chunk.count(), s.places())) {
                return false;
            }
            int held = s.cache().layer(l).length();
            AttentionEdges edges = s.edges(l);
            if (edges != null && edges.restricted(held, held + chunk.count()).length > 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Runs all layers.
     *
     * @param embeddings {@code [tokens, width]}
     * @return logits of what follows each token: {@code [tokens, vocabulary]}, row after row
     */
    float[] run(Tensor embeddings) {
        DecoderPass.checkContext(decoder, chunks);
        int[][] places =
                chunks.stream().map(c -> c.sequence().takePlaces(c.count())).toArray(int[][]::new);
        float[] x = Tensors.floats(embeddings);
        int threads = torch.get_num_threads();
        int heads = decoder.options().heads() * decoder.options().headDim();
        try (RowMaps maps = new RowMaps(threads, rows, model.widest());
                TokenAttention attention = new TokenAttention(threads, dtype, rows * heads)) {
            Room room = Room.of(decoder.options(), rows);
            for (int l = 0; l < model.layers().size(); l++) {
                TokenLayers.Layer layer = model.layers().get(l);
                mix(l, layer, x, places, room, maps, attention);
                pass(layer, x, room, maps);
                breaks.after(rows, model.layers().size());
            }
            model.norm().rows(x, 0, rows, x);
            finalStates = x;
            tell();
            return logits(x, maps);
        }
    }

    /** Behind the final norm, once run: {@code [tokens, width]}, row after row. */
    float[] finalStates() {
        return finalStates;
    }

    /** What layers use one after the other. */
    @SuppressWarnings("ArrayRecordComponent") // scratch of one pass
    private record Room(
            float[] normed,
            float[] q,
            float[] k,
            float[] v,
            float[] attended,
            float[] gate,
            float[] up,
            float[] branch) {
        static Room of(DecoderOptions options, int rows) {
            int width = rows * options.width();
            int heads = rows * options.heads() * options.headDim();
            int kvHeads = rows * options.kvHeads() * options.headDim();
            int mlp = rows * options.mlpWidth();
            return new Room(
                    new float[width],
                    new float[heads],
                    new float[kvHeads],
                    new float[kvHeads],
                    new float[heads],
                    new float[mlp],
                    new float[mlp],
                    new float[width]);
        }
    }

    /** The first half of a layer. */
    private void mix(
            int index,
            TokenLayers.Layer layer,
            float[] x,
            int[][] places,
            Room room,
            RowMaps maps,
            TokenAttention attention) {
        layer.mixerNorm().rows(x, 0, rows, room.normed);
        RowMaps.Then nothing = (from, to) -> {};
        maps.run(
                room.normed,
                rows,
                new RowMaps.Task(layer.query(), room.q, nothing),
                new RowMaps.Task(layer.key(), room.k, nothing),
                new RowMaps.Task(layer.value(), room.v, nothing));
        int d = layer.heads().d();
        normHeads(layer.queryNorm(), room.q, d);
        normHeads(layer.keyNorm(), room.k, d);
        turn.to(layer.rotary(), index, chunks);
        turn.rotate(room.q, layer.heads().heads(), d, dtype);
        turn.rotate(room.k, layer.heads().kvHeads(), d, dtype);
        attention.run(room.q, layer.heads(), append(index, places, room, layer.heads()), room.attended);
        addTo(x, maps, room.attended, layer.out(), layer.mixerOutNorm(), room.branch);
    }

    private void normHeads(@Nullable TokenNorm norm, float[] heads, int d) {
        if (norm != null) {
            norm.rows(heads, 0, heads.length / d, heads);
        }
    }

    /** Adds all tokens to their caches; what each of them sees there. */
    private List<TokenAttention.Held> append(int index, int[][] places, Room room, TokenAttention.Heads heads) {
        int kvWidth = heads.kvHeads() * heads.d();
        List<TokenAttention.Held> held = new ArrayList<>();
        int row = 0;
        for (int c = 0; c < places.length; c++) {
            KvCache.Layer cache = chunks.get(c).sequence().cache().layer(index);
            for (int place : places[c]) {
                cache.append(room.k, room.v, row++ * kvWidth, place);
            }
            // Only now does the cache stay where it is.
            for (int behind = places[c].length - 1; behind >= 0; behind--) {
                held.add(cache.held(cache.length() - behind));
            }
        }
        return held;
    }

    /** The second half. */
    private void pass(TokenLayers.Layer layer, float[] x, Room room, RowMaps maps) {
        layer.mlpNorm().rows(x, 0, rows, room.normed);
        int wide = layer.gate().outputs();
        maps.run(
                room.normed,
                rows,
                new RowMaps.Task(List.of(layer.gate(), layer.up()), List.of(room.gate, room.up), (from, to) -> {
                    for (int r = 0; r < rows; r++) {
                        layer.activation().gate(room.gate, room.up, r * wide + from, r * wide + to, dtype);
                    }
                }));
        addTo(x, maps, room.gate, layer.down(), layer.mlpOutNorm(), room.branch);
    }

    /** Adds to the states what a map makes of something, normed where there is a norm for it. */
    private void addTo(float[] x, RowMaps maps, float[] input, RowMap map, @Nullable TokenNorm norm, float[] branch) {
        maps.run(input, rows, new RowMaps.Task(map, branch, (from, to) -> {
            if (norm == null) {
                for (int r = 0; r < rows; r++) {
                    add(x, branch, r * width + from, r * width + to);
                }
            }
        }));
        if (norm != null) {
            norm.rows(branch, 0, rows, branch);
            add(x, branch, 0, x.length);
        }
    }

    private void add(float[] x, float[] branch, int from, int to) {
        for (int i = from; i < to; i++) {
            x[i] += branch[i];
        }
        FloatCopies.round(x, from, to, dtype);
    }

    private float[] logits(float[] normed, RowMaps maps) {
        RowMap head = model.head();
        if (head == null) {
            return Tensors.floats(decoder.predict(Tensors.to(Tensors.of(normed, rows, width), dtype)));
        }
        float[] logits = new float[rows * head.outputs()];
        maps.run(normed, rows, new RowMaps.Task(head, logits, (from, to) -> {}));
        MoreWords more = decoder.more();
        return more == null ? logits : withMore(more, logits, normed);
    }

    /** Behind the model's own words those that were added to its vocabulary. */
    private float[] withMore(MoreWords more, float[] own, float[] normed) {
        float[] added = Tensors.floats(more.logits(Tensors.to(Tensors.of(normed, rows, width), dtype)));
        int words = own.length / rows;
        int further = added.length / rows;
        float[] all = new float[own.length + added.length];
        for (int r = 0; r < rows; r++) {
            System.arraycopy(own, r * words, all, r * (words + further), words);
            System.arraycopy(added, r * further, all, r * (words + further) + words, further);
        }
        return all;
    }

    /** Tells the sequences that want to know what became of all their tokens. */
    private void tell() {
        int row = 0;
        for (DecoderPass.Chunk chunk : chunks) {
            int next = row + chunk.count();
            if (chunk.sequence().finalStates() != null) {
                chunk.sequence().reached(Arrays.copyOfRange(finalStates, row * width, next * width), false);
            }
            row = next;
        }
    }

    /** How far the tokens are turned, which layers share as long as the tokens stand at the same positions in them. */
    private static final class Turn {
        private final int[] positions;
        private @Nullable RotaryEmbedding of;
        private float[] cos = new float[0];
        private float[] sin = new float[0];

        Turn(int rows) {
            positions = new int[rows];
            Arrays.fill(positions, -1);
        }

        /** Where the tokens stand in a layer before they are added to it. */
        void to(RotaryEmbedding rotary, int layer, List<DecoderPass.Chunk> chunks) {
            boolean same = rotary == of;
            int row = 0;
            for (DecoderPass.Chunk chunk : chunks) {
                int next = chunk.sequence().cache().layer(layer).nextPosition();
                for (int i = 0; i < chunk.count(); i++) {
                    same &= positions[row] == next + i;
                    positions[row++] = next + i;
                }
            }
            if (same) {
                return;
            }
            of = rotary;
            int half = rotary.half();
            cos = new float[positions.length * half];
            sin = new float[cos.length];
            for (int r = 0; r < positions.length; r++) {
                rotary.turn(positions[r], cos, sin, r * half);
            }
        }

        /** @param x {@code [tokens, heads, d]}; the two halves of {@code d} are the real and the imaginary parts */
        void rotate(float[] x, int heads, int d, DType dtype) {
            int half = d / 2;
            for (int r = 0; r < positions.length; r++) {
                for (int head = 0; head < heads; head++) {
                    int at = (r * heads + head) * d;
                    for (int i = 0; i < half; i++) {
                        float c = cos[r * half + i];
                        float s = sin[r * half + i];
                        float real = x[at + i];
                        float imaginary = x[at + half + i];
                        x[at + i] = real * c - imaginary * s;
                        x[at + half + i] = imaginary * c + real * s;
                    }
                }
            }
            FloatCopies.round(x, 0, x.length, dtype);
        }
    }
}
