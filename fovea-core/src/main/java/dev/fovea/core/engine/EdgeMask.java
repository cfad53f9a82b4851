package dev.fovea.core.engine;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The edges of packed sequences as what attention adds to its scores. Layers with the same tokens share it; sequences of
 * one length share a tensor. Where most tokens see all that is before them, these are computed as if there were no edges,
 * to the last bit, and the others once more under theirs.
 */
final class EdgeMask implements AutoCloseable {
    private final List<@Nullable AttentionEdges> edges;
    private final int[] lengths;
    private final List<OwnedTensor> masks = new ArrayList<>();
    private final List<Some> some = new ArrayList<>();

    /**
     * Tokens of a sequence that do not see all that is before them.
     *
     * @param from the first row of the sequence
     * @param rows their places in it
     * @param hidden what they do not see: {@code [rows, length]}
     */
    @SuppressWarnings("ArrayRecordComponent") // made for one pass; never compared
    private record Some(int from, int length, int[] rows, OwnedTensor hidden) {

        /** Attention of these tokens alone: {@code [rows, heads * d]}. */
        Tensor attend(Tensor q, Tensor k, Tensor v, double scale) {
            return PackedAttention.masked(
                    q.index_select(1, packed()),
                    k.narrow(1, from, length),
                    v.narrow(1, from, length),
                    hidden.get(),
                    scale,
                    0);
        }

        /** Where they stand among all sequences. */
        Tensor packed() {
            return Tensors.indices(Arrays.stream(rows).map(row -> from + row).toArray());
        }
    }

    private EdgeMask(List<@Nullable AttentionEdges> edges, int[] lengths) {
        this.edges = edges;
        this.lengths = lengths;
        int[][] restricted = IntStream.range(0, lengths.length)
                .mapToObj(s -> {
                    AttentionEdges own = edges.get(s);
                    return own == null ? new int[0] : own.restricted(0, lengths[s]);
                })
                .toArray(int[][]::new);
        long less = Arrays.stream(restricted).mapToLong(rows -> rows.length).sum();
        if (!GradMode.is_enabled() && 2 * less <= Arrays.stream(lengths).sum()) {
            few(restricted);
        } else if (together()) {
            int n = lengths[0];
            float[] all = new float[lengths.length * n * n];
            for (int s = 0; s < lengths.length; s++) {
                System.arraycopy(mask(s), 0, all, s * n * n, n * n);
            }
            masks.add(OwnedTensor.of(Tensors.of(all, lengths.length, 1, n, n)));
        } else {
            for (int s = 0; s < lengths.length; s++) {
                masks.add(OwnedTensor.of(Tensors.of(mask(s), 1, 1, lengths[s], lengths[s])));
            }
        }
    }

    private void few(int[][] restricted) {
        int from = 0;
        for (int s = 0; s < lengths.length; s++) {
            AttentionEdges own = edges.get(s);
            int[] rows = restricted[s];
            if (own != null && rows.length > 0) {
                byte[] hidden = new byte[rows.length * lengths[s]];
                for (int r = 0; r < rows.length; r++) {
                    for (int key = 0; key < lengths[s]; key++) {
                        hidden[r * lengths[s] + key] = (byte) (own.sees(rows[r], key) ? 0 : 1);
                    }
                }
                Tensor marked = Tensors.to(Tensors.of(hidden, rows.length, lengths[s]), DType.BOOL);
                some.add(new Some(from, lengths[s], rows, OwnedTensor.of(marked)));
            }
            from += lengths[s];
        }
    }

    /**
     * The mask of these sequences, or null where none has edges of its own.
     *
     * @param known the mask of the layer before: itself if nothing changed, closed otherwise
     */
    static @Nullable EdgeMask of(@Nullable EdgeMask known, List<@Nullable AttentionEdges> edges, int[] lengths) {
        if (known != null && known.isFor(edges, lengths)) {
            return known;
        }
        if (known != null) {
            known.close();
        }
        return edges.stream().allMatch(e -> e == null) ? null : new EdgeMask(edges, lengths);
    }

    private boolean isFor(List<@Nullable AttentionEdges> others, int[] otherLengths) {
        if (!Arrays.equals(lengths, otherLengths)) {
            return false;
        }
        for (int s = 0; s < edges.size(); s++) {
            if (edges.get(s) != others.get(s)) {
                return false;
            }
        }
        return true;
    }

    private boolean together() {
        return Arrays.stream(lengths).allMatch(n -> n == lengths[0]);
    }

    private float[] mask(int sequence) {
        AttentionEdges own = edges.get(sequence);
        return (own == null ? AttentionEdges.branches(new int[lengths[sequence]]) : own).mask();
    }

    /** Attention of all sequences under their edges: {@code [total tokens, heads * d]}. */
    Tensor attend(Tensor q, Tensor k, Tensor v, double scale) {
        if (!masks.isEmpty()) {
            return PackedAttention.masked(
                    q, k, v, lengths, masks.stream().map(OwnedTensor::get).toList(), scale);
        }
        Tensor out = PackedAttention.self(q, k, v, lengths, true, scale, null);
        for (Some of : some) {
            out = out.index_copy(0, of.packed(), of.attend(q, k, v, scale));
        }
        return out;
    }

    @Override
    public void close() {
        masks.forEach(OwnedTensor::close);
        some.forEach(of -> of.hidden().close());
    }
}
