package dev.fovea.core.engine;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The edges of packed sequences as what attention adds to its scores. Layers with the same tokens share it; sequences of
 * one length share a tensor.
 */
final class EdgeMask implements AutoCloseable {
    private final List<@Nullable AttentionEdges> edges;
    private final int[] lengths;
    private final List<OwnedTensor> masks = new ArrayList<>();

    private EdgeMask(List<@Nullable AttentionEdges> edges, int[] lengths) {
        this.edges = edges;
        this.lengths = lengths;
        if (together()) {
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
        return PackedAttention.masked(
                q, k, v, lengths, masks.stream().map(OwnedTensor::get).toList(), scale);
    }

    @Override
    public void close() {
        masks.forEach(OwnedTensor::close);
    }
}
