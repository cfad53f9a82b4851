package dev.fovea.core.model.llama;

import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.model.Weights;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * One decoder layer in the pieces that the path looks between: {@code x + out(attention(norm(x)))}, then
 * {@code x + mlp(norm(x))}.
 *
 * @param heads query heads
 * @param kvHeads key/value heads
 */
public record LlamaLayer(
        RmsNorm attentionNorm,
        Linear query,
        Linear key,
        Linear value,
        Linear out,
        RmsNorm mlpNorm,
        GatedMlp mlp,
        int heads,
        int kvHeads) {

    static LlamaLayer load(LlamaConfig c, Weights w) {
        long queryWidth = (long) c.heads() * c.headDim();
        long keyWidth = (long) c.kvHeads() * c.headDim();
        boolean bias = c.attentionBias();
        return new LlamaLayer(
                w.rmsNorm("input_layernorm", c.width(), c.eps()),
                w.linear("self_attn.q_proj", queryWidth, c.width(), bias),
                w.linear("self_attn.k_proj", keyWidth, c.width(), bias),
                w.linear("self_attn.v_proj", keyWidth, c.width(), bias),
                w.linear("self_attn.o_proj", c.width(), queryWidth, bias),
                w.rmsNorm("post_attention_layernorm", c.width(), c.eps()),
                new GatedMlp(
                        w.linear("mlp.gate_proj", c.mlpWidth(), c.width(), c.mlpBias()),
                        w.linear("mlp.up_proj", c.mlpWidth(), c.width(), c.mlpBias()),
                        w.linear("mlp.down_proj", c.width(), c.mlpWidth(), c.mlpBias()),
                        c.activation()),
                c.heads(),
                c.kvHeads());
    }

    /** Queries of normed states: {@code [tokens, width] -> [heads, tokens, head dim]}. */
    public Tensor queries(Tensor normed) {
        return split(query.forward(normed), heads);
    }

    /** Keys of normed states: {@code [tokens, width] -> [kv-heads, tokens, head dim]}. */
    public Tensor keys(Tensor normed) {
        return split(key.forward(normed), kvHeads);
    }

    /** Values of normed states: {@code [tokens, width] -> [kv-heads, tokens, head dim]}. */
    public Tensor values(Tensor normed) {
        return split(value.forward(normed), kvHeads);
    }

    /**
     * Queries, keys and values, in this order: what the three methods give for each, together, which for a single token
     * is quicker.
     */
    public List<Tensor> projections(Tensor normed) {
        List<Tensor> all = Linear.forward(normed, query, key, value);
        return List.of(split(all.get(0), heads), split(all.get(1), kvHeads), split(all.get(2), kvHeads));
    }

    /** The second half of the layer: {@code [tokens, width] -> [tokens, width]}. */
    public Tensor mlpResidual(Tensor x) {
        return x.add(mlp.forward(mlpNorm.forward(x)));
    }

    private static Tensor split(Tensor projected, int heads) {
        return projected.view(projected.size(0), heads, -1).transpose(0, 1);
    }
}
