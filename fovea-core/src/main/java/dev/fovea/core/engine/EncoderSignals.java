package dev.fovea.core.engine;

import dev.fovea.core.model.vision.TransformerBlock;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Measures the declared signals of one encoder layer for one image.
 *
 * @param q {@code [heads, rows, d]}
 * @param k as q, with the keys of tokens that only attend behind the others
 * @param v as q
 * @param keyBias {@code [rows]} of proportional attention, or null
 * @param rows how tokens stand in the rows
 * @param windows the rows of each window in which the layer attends, or null where it sees the whole image
 */
record EncoderSignals(
        TransformerBlock block,
        Tensor q,
        Tensor k,
        Tensor v,
        @Nullable Tensor keyBias,
        EncoderRows rows,
        @Nullable List<int[]> windows) {

    /** Puts the signal where later stations find it. */
    void measure(Signal<?> signal, Carried carried, int[] ids) {
        switch (signal) {
            case Signal.EncoderAttention s -> carried.put(s, attention(s), ids);
            case Signal.EncoderAttentionMap s -> carried.put(s, map(), ids);
            case Signal.EncoderProjection s -> carried.put(s, projection(s.projection()), ids);
            default -> throw new IllegalArgumentException(signal + " is not a signal of an encoder layer");
        }
    }

    private float[] attention(Signal.EncoderAttention s) {
        long count = q.size(1);
        // Row of the class token alone, or all rows averaged; then without the prefix's columns.
        Tensor towards = switch (s.queries()) {
            case CLS -> probabilities(q.narrow(1, 0, 1)).select(1, 0).narrow(1, 0, count);
            case ALL -> average(0);
            case PATCHES -> average(rows.prefix());
        };
        Tensor tokens = rows.received(towards);
        return Tensors.floats(
                switch (s.heads()) {
                    case MEAN -> AttentionScores.mean(tokens, 0);
                    case SUM -> sum(tokens, 0);
                });
    }

    /** Attention of the rows from {@code first} on, averaged: {@code [heads, rows]}. */
    private Tensor average(long first) {
        long count = q.size(1);
        if (windows != null) {
            return inWindows(windows);
        }
        Tensor asking = q.narrow(1, first, count - first);
        return AttentionScores.meanOfPieces(
                        (int) asking.size(1),
                        q.size(0) * k.size(1),
                        (from, n) -> AttentionScores.mean(probabilities(asking.narrow(1, from, n)), 1))
                .narrow(1, 0, count);
    }

    /** Queries outside of a key's window pay it no attention, and count nevertheless. */
    private Tensor inWindows(List<int[]> inside) {
        Tensor out = Tensors.zeros(DType.F32, q.size(0), q.size(1));
        for (int[] window : inside) {
            Tensor at = Tensors.indices(window);
            out.index_copy_(1, at, sum(ofWindow(at), 1));
        }
        return Tensors.scale(out, 1.0 / q.size(1));
    }

    private Tensor ofWindow(Tensor at) {
        return AttentionScores.probabilities(
                q.index_select(1, at),
                k.index_select(1, at),
                block.scale(),
                keyBias == null ? null : keyBias.index_select(0, at),
                0);
    }

    private Matrix map() {
        long count = q.size(1);
        if (windows == null) {
            List<Tensor> parts = AttentionScores.inPieces(
                    (int) count,
                    q.size(0) * k.size(1),
                    (from, n) -> AttentionScores.mean(probabilities(q.narrow(1, from, n)), 0));
            return rows.map(Tensors.cat(0, parts.toArray(Tensor[]::new)).narrow(1, 0, count));
        }
        Tensor out = Tensors.zeros(DType.F32, count, count);
        for (int[] window : windows) {
            Tensor at = Tensors.indices(window);
            Tensor wide = Tensors.zeros(DType.F32, window.length, count);
            wide.index_copy_(1, at, AttentionScores.mean(ofWindow(at), 0));
            out.index_copy_(0, at, wide);
        }
        return rows.map(out);
    }

    private Matrix projection(Signal.Projection projection) {
        Tensor heads = switch (projection) {
            case QUERY -> q;
            case KEY -> k.narrow(1, 0, q.size(1));
            case VALUE -> v;
        };
        return rows.means(heads.transpose(0, 1).reshape(heads.size(1), heads.size(0) * heads.size(2)));
    }

    private Tensor probabilities(Tensor queries) {
        return AttentionScores.probabilities(queries, k, block.scale(), keyBias, 0);
    }

    private static Tensor sum(Tensor t, long dim) {
        return t.sum(new long[] {dim}, false, new ScalarTypeOptional());
    }
}
