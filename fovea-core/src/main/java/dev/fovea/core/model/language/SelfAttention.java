package dev.fovea.core.model.language;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Grouped-query attention, in the pieces that the path looks between.
 *
 * @param queryNorm over each head's queries, or null
 * @param keyNorm over each head's keys, or null
 * @param heads query heads
 * @param kvHeads key/value heads
 * @param scale of the attention scores
 * @param cap scores {@code s} become {@code cap * tanh(s / cap)}; 0 where they do not
 * @param window how many tokens the last one sees, itself included; 0 where it sees all
 */
public record SelfAttention(
        Linear query,
        Linear key,
        Linear value,
        Linear out,
        @Nullable Norm queryNorm,
        @Nullable Norm keyNorm,
        int heads,
        int kvHeads,
        double scale,
        double cap,
        int window)
        implements Mixer {

    static SelfAttention load(DecoderOptions o, int layer, Weights w) {
        DecoderOptions.Variant variant = o.variant();
        long queryWidth = (long) o.heads() * o.headDim();
        long keyWidth = (long) o.kvHeads() * o.headDim();
        return new SelfAttention(
                w.linear("q_proj", queryWidth, o.width(), o.qkvBias()),
                w.linear("k_proj", keyWidth, o.width(), o.qkvBias()),
                w.linear("v_proj", keyWidth, o.width(), o.qkvBias()),
                w.linear("o_proj", o.width(), queryWidth, o.outBias()),
                o.queryKeyNorm() ? w.norm(variant.norm(), "q_norm", o.headDim(), o.eps()) : null,
                o.queryKeyNorm() ? w.norm(variant.norm(), "k_norm", o.headDim(), o.eps()) : null,
                o.heads(),
                o.kvHeads(),
                variant.attentionScale(),
                variant.attentionCap(),
                variant.windows().of(layer));
    }

    /**
     * Queries of normed states: {@code [tokens, width] -> [heads, tokens, head dim]}, not rotated.
     *
     * @param beside what is added to what the map makes of them, before heads and their norms
     */
    public Tensor queries(Tensor normed, Beside beside) {
        Tensor projected = beside.onto(Beside.Place.QUERY, query.forward(normed), normed);
        return normed(queryNorm, split(projected, heads, normed));
    }

    /** Keys of normed states: {@code [tokens, width] -> [kv-heads, tokens, head dim]}, not rotated. */
    public Tensor keys(Tensor normed, Beside beside) {
        Tensor projected = beside.onto(Beside.Place.KEY, key.forward(normed), normed);
        return normed(keyNorm, split(projected, kvHeads, normed));
    }

    /** Values of normed states: {@code [tokens, width] -> [kv-heads, tokens, head dim]}. */
    public Tensor values(Tensor normed, Beside beside) {
        return split(beside.onto(Beside.Place.VALUE, value.forward(normed), normed), kvHeads, normed);
    }

    /**
     * Queries, keys and values, in this order: what the three methods give for each, together, which for a single token
     * is quicker.
     *
     * @param beside as above
     */
    public List<Tensor> projections(Tensor normed, Beside beside) {
        List<Tensor> all = Linear.forward(normed, query, key, value);
        Tensor queries = beside.onto(Beside.Place.QUERY, all.get(0), normed);
        Tensor keys = beside.onto(Beside.Place.KEY, all.get(1), normed);
        Tensor values = beside.onto(Beside.Place.VALUE, all.get(2), normed);
        return List.of(
                normed(queryNorm, split(queries, heads, normed)),
                normed(keyNorm, split(keys, kvHeads, normed)),
                split(values, kvHeads, normed));
    }

    private static Tensor normed(@Nullable Norm norm, Tensor heads) {
        return norm == null ? heads : norm.forward(heads);
    }

    /** Heads apart, in the type of what was projected, whatever the products were in. */
    private static Tensor split(Tensor projected, int heads, Tensor from) {
        Tensor x = Tensors.to(projected, DType.of(from.scalar_type()));
        return x.view(x.size(0), heads, -1).transpose(0, 1);
    }
}
