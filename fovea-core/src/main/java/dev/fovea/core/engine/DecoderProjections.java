package dev.fovea.core.engine;

import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.model.language.SelfAttention;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Queries, keys and values of one decoder layer over packed states, each made when first asked for: what a step looked
 * at is not computed again by the layer. Follows decisions that select rows.
 */
final class DecoderProjections {
    private final DecoderLayer layer;
    private final SelfAttention attention;
    private PackedFactors beside;
    private Tensor states;
    private RotaryEmbedding.@Nullable Table table;
    private @Nullable Tensor normed;
    private @Nullable Tensor queries;
    private @Nullable Tensor keys;
    private @Nullable Tensor values;
    private @Nullable Tensor rotatedQueries;
    private @Nullable Tensor rotatedKeys;

    /**
     * @param beside what prompts add to the maps of the layer
     * @param states {@code [total tokens, width]} entering the layer
     */
    DecoderProjections(DecoderLayer layer, PackedFactors beside, Tensor states) {
        this.layer = layer;
        this.beside = beside;
        this.attention = layer.attention();
        this.states = states;
    }

    /**
     * The same of some neighbouring rows, with what has been made of all of them already.
     *
     * @param from the first row
     */
    DecoderProjections rows(int from, int count) {
        DecoderProjections part =
                new DecoderProjections(layer, beside.rows(from, count), states.narrow(0, from, count));
        RotaryEmbedding.Table t = table();
        part.table = new RotaryEmbedding.Table(
                t.cos().narrow(0, from, count), t.sin().narrow(0, from, count));
        part.normed = narrowed(normed, 0, from, count);
        part.queries = narrowed(queries, 1, from, count);
        part.keys = narrowed(keys, 1, from, count);
        part.values = narrowed(values, 1, from, count);
        part.rotatedQueries = narrowed(rotatedQueries, 1, from, count);
        part.rotatedKeys = narrowed(rotatedKeys, 1, from, count);
        return part;
    }

    private static @Nullable Tensor narrowed(@Nullable Tensor t, long dim, int from, int count) {
        return t == null ? null : t.narrow(dim, from, count);
    }

    /** What is added to the maps of the layer, of these rows. */
    PackedFactors beside() {
        return beside;
    }

    /** Makes everything that a step may ask for of this layer, while its positions are known. */
    void complete() {
        queries(true);
        keys(true);
        values();
    }

    /** Sets the rotary table of the current positions; what was rotated by another is forgotten. */
    void positions(RotaryEmbedding.Table current) {
        if (table != current) {
            table = current;
            rotatedQueries = null;
            rotatedKeys = null;
        }
    }

    Tensor normed() {
        Tensor t = normed;
        if (t == null) {
            t = layer.mixerNorm().forward(states);
            normed = t;
        }
        return t;
    }

    /** Makes queries, keys and values at once, if none is there yet: for rows that need all of them anyway. */
    void together() {
        if (queries == null && keys == null && values == null) {
            List<Tensor> all = attention.projections(normed(), beside);
            queries = all.get(0);
            keys = all.get(1);
            values = all.get(2);
        }
    }

    /** {@code [heads, total tokens, d]}. */
    Tensor queries(boolean rotary) {
        Tensor t = rotary ? rotatedQueries : queries;
        if (t == null) {
            if (rotary) {
                t = RotaryEmbedding.rotate(queries(false), table());
                rotatedQueries = t;
            } else {
                t = attention.queries(normed(), beside);
                queries = t;
            }
        }
        return t;
    }

    /** The query of one token alone, {@code [heads, 1, d]}; the others are not computed for it. */
    Tensor query(int row, boolean rotary) {
        Tensor all = rotary ? rotatedQueries : queries;
        if (all != null) {
            return all.narrow(1, row, 1);
        }
        Tensor plain = queries;
        Tensor q =
                plain == null ? attention.queries(normed().narrow(0, row, 1), beside.at(row)) : plain.narrow(1, row, 1);
        if (!rotary) {
            return q;
        }
        RotaryEmbedding.Table t = table();
        return RotaryEmbedding.rotate(
                q, new RotaryEmbedding.Table(t.cos().narrow(0, row, 1), t.sin().narrow(0, row, 1)));
    }

    /** {@code [kv-heads, total tokens, d]}. */
    Tensor keys(boolean rotary) {
        Tensor t = rotary ? rotatedKeys : keys;
        if (t == null) {
            if (rotary) {
                t = RotaryEmbedding.rotate(keys(false), table());
                rotatedKeys = t;
            } else {
                t = attention.keys(normed(), beside);
                keys = t;
            }
        }
        return t;
    }

    /** {@code [kv-heads, total tokens, d]}. */
    Tensor values() {
        Tensor t = values;
        if (t == null) {
            t = attention.values(normed(), beside);
            values = t;
        }
        return t;
    }

    /**
     * Follows a decision on entering this layer: projections of selected rows stay valid, merged rows are new.
     *
     * @param after the states after the decision
     */
    void follow(int[] lengths, @Nullable RowChange[] changes, Tensor after) {
        states = after;
        beside = beside.after(changes);
        rotatedQueries = null;
        rotatedKeys = null;
        table = null;
        boolean pure = RowChange.pure(changes);
        normed = pure ? selected(normed, 0, lengths, changes) : null;
        queries = pure ? selected(queries, 1, lengths, changes) : null;
        keys = pure ? selected(keys, 1, lengths, changes) : null;
        values = pure ? selected(values, 1, lengths, changes) : null;
    }

    /** Follows a decision behind this layer: what it computed stays as it was, for the tokens that are left. */
    void followBehind(int[] lengths, @Nullable RowChange[] changes) {
        normed = selected(normed(), 0, lengths, changes);
        beside = beside.after(changes);
        queries = selected(queries, 1, lengths, changes);
        keys = selected(keys, 1, lengths, changes);
        values = selected(values, 1, lengths, changes);
        rotatedQueries = selected(rotatedQueries, 1, lengths, changes);
        rotatedKeys = selected(rotatedKeys, 1, lengths, changes);
        // Everything was rotated when the layer ran; its table may be gone by now.
        table = null;
    }

    private static @Nullable Tensor selected(
            @Nullable Tensor t, long dim, int[] lengths, @Nullable RowChange[] changes) {
        return t == null ? null : RowChange.anchors(t, dim, lengths, changes);
    }

    private RotaryEmbedding.Table table() {
        RotaryEmbedding.Table t = table;
        if (t == null) {
            throw new IllegalStateException("The positions of this layer are not set");
        }
        return t;
    }
}
