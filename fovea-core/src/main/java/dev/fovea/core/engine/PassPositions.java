package dev.fovea.core.engine;

import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.tensor.OwnedTensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Where the tokens of a pass stand in each layer, and the rotary tables of that, which layers share as long as nothing
 * moves.
 */
final class PassPositions implements AutoCloseable {
    private final Decoder decoder;
    private final List<DecoderPass.Chunk> chunks;
    private final Map<RotaryEmbedding, Rotation> rotations = new IdentityHashMap<>();

    PassPositions(Decoder decoder, List<DecoderPass.Chunk> chunks) {
        this.decoder = decoder;
        this.chunks = chunks;
    }

    /** A rotary table that the layers of one position embedding share. */
    private record Rotation(int[][] positions, OwnedTensor cos, OwnedTensor sin, RotaryEmbedding.Table table) {
        void close() {
            cos.close();
            sin.close();
        }
    }

    /** Position ids in a layer: {@code [sequences][axes][tokens]}. */
    int[][][] in(int layer) {
        return chunks.stream()
                .map(c -> {
                    if (c.fresh()) {
                        return c.sequence().positions();
                    }
                    int next = c.sequence().cache().layer(layer).nextPosition();
                    int[] counted = IntStream.range(next, next + c.count()).toArray();
                    return Collections.nCopies(c.sequence().axes(), counted).toArray(int[][]::new);
                })
                .toArray(int[][][]::new);
    }

    /** The table of a layer for these positions. */
    RotaryEmbedding.Table table(int layer, int[][][] positions) {
        return table(decoder.options().rotary(layer), packed(positions));
    }

    private RotaryEmbedding.Table table(RotaryEmbedding rotary, int[][] positions) {
        Rotation known = rotations.get(rotary);
        if (known != null && Arrays.deepEquals(known.positions, positions)) {
            return known.table;
        }
        if (known != null) {
            known.close();
        }
        RotaryEmbedding.Table table = rotary.table(positions);
        rotations.put(rotary, new Rotation(positions, OwnedTensor.of(table.cos()), OwnedTensor.of(table.sin()), table));
        return table;
    }

    /** The positions of all sequences end to end: {@code [axes][total tokens]}. */
    private static int[][] packed(int[][][] parts) {
        if (parts.length == 1) {
            return parts[0];
        }
        int[][] out = new int[parts[0].length][];
        for (int axis = 0; axis < out.length; axis++) {
            int a = axis;
            out[axis] =
                    Arrays.stream(parts).flatMapToInt(p -> Arrays.stream(p[a])).toArray();
        }
        return out;
    }

    /** Frees the tables. */
    @Override
    public void close() {
        rotations.values().forEach(Rotation::close);
        rotations.clear();
    }
}
