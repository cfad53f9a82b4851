package dev.fovea.core.model.vision;

import dev.fovea.core.layer.FeedForward;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One pre-norm transformer block in the pieces that the path looks between: {@code x + out(attention(norm(x)))}, then
 * {@code x + mlp(norm(x))}.
 *
 * @param queryNorm over queries, or null
 * @param keyNorm over keys, or null
 * @param acrossHeads whether these norms are over all heads together
 * @param attentionScale learned factor on what attention adds {@code [width]}, or null
 * @param mlpScale learned factor on what the MLP adds {@code [width]}, or null
 * @param heads attention heads
 */
public record TransformerBlock(
        Norm attentionNorm,
        Linear query,
        Linear key,
        Linear value,
        Linear out,
        @Nullable Norm queryNorm,
        @Nullable Norm keyNorm,
        boolean acrossHeads,
        @Nullable Tensor attentionScale,
        Norm mlpNorm,
        FeedForward mlp,
        @Nullable Tensor mlpScale,
        int heads) {

    /** Of norms over all heads together, which no configuration speaks of. */
    private static final double ACROSS_EPS = 1e-6;

    /** Loads the tensors under {@code w}; queries, keys and values may be stored as one. */
    public static TransformerBlock load(VisionOptions.Block o, int width, int mlpWidth, int heads, Weights w) {
        boolean fused = w.contains("self_attn.qkv.weight");
        Linear[] qkv = new Linear[3];
        String[] names = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
        for (int i = 0; i < qkv.length; i++) {
            qkv[i] = fused
                    ? w.linearPart("self_attn.qkv", i, qkv.length, width, width, o.qkvBias())
                    : w.linear(names[i], width, width, o.qkvBias());
        }
        int headDim = width / heads;
        return new TransformerBlock(
                w.norm(o.norm(), "layer_norm1", width, o.eps()),
                qkv[0],
                qkv[1],
                qkv[2],
                w.linear("self_attn.out_proj", width, width, o.outBias()),
                queryKeyNorm(o, "self_attn.q_norm", width, headDim, w),
                queryKeyNorm(o, "self_attn.k_norm", width, headDim, w),
                o.queryKeyNorm() == VisionOptions.QueryKeyNorm.ALL_HEADS,
                o.layerScale() ? w.tensor("layer_scale1", width) : null,
                w.norm(o.norm(), "layer_norm2", width, o.eps()),
                mlp(o, width, mlpWidth, w),
                o.layerScale() ? w.tensor("layer_scale2", width) : null,
                heads);
    }

    private static @Nullable Norm queryKeyNorm(VisionOptions.Block o, String name, int width, int headDim, Weights w) {
        return switch (o.queryKeyNorm()) {
            case NONE -> null;
            case HEAD -> w.norm(o.norm(), name, headDim, o.eps());
            case ALL_HEADS -> w.rmsNorm(name, width, ACROSS_EPS);
        };
    }

    private static FeedForward mlp(VisionOptions.Block o, int width, int mlpWidth, Weights w) {
        return o.gated()
                ? new GatedMlp(
                        w.linear("mlp.gate_proj", mlpWidth, width, o.mlpBias()),
                        w.linear("mlp.up_proj", mlpWidth, width, o.mlpBias()),
                        w.linear("mlp.down_proj", width, mlpWidth, o.mlpBias()),
                        o.activation())
                : new Mlp(
                        w.linear("mlp.fc1", mlpWidth, width, o.mlpBias()),
                        o.activation(),
                        w.linear("mlp.fc2", width, mlpWidth, o.mlpBias()));
    }

    /** Scale of the attention scores: one over the root of the head width. */
    public double scale() {
        return 1 / Math.sqrt((double) query.outputs() / heads);
    }

    /** Queries of normed states: {@code [tokens, width] -> [heads, tokens, head dim]}, before any rotation. */
    public Tensor queries(Tensor normed) {
        return heads(queryNorm, query.forward(normed), normed);
    }

    /** Keys of normed states: {@code [tokens, width] -> [heads, tokens, head dim]}, before any rotation. */
    public Tensor keys(Tensor normed) {
        return heads(keyNorm, key.forward(normed), normed);
    }

    /** Values of normed states: {@code [tokens, width] -> [heads, tokens, head dim]}. */
    public Tensor values(Tensor normed) {
        return split(value.forward(normed), normed);
    }

    /** Queries, keys and values, in this order: what the three methods give for each, together. */
    public List<Tensor> projections(Tensor normed) {
        List<Tensor> all = Linear.forward(normed, query, key, value);
        return List.of(
                heads(queryNorm, all.get(0), normed), heads(keyNorm, all.get(1), normed), split(all.get(2), normed));
    }

    /**
     * The first half of the block behind its attention.
     *
     * @param x what entered the block, {@code [tokens, width]}
     * @param attended what the heads gathered, {@code [tokens, width]}
     */
    public Tensor attentionResidual(Tensor x, Tensor attended) {
        return x.add(scaled(attentionScale, out.forward(attended)));
    }

    /** The second half of the block: {@code [tokens, width] -> [tokens, width]}. */
    public Tensor mlpResidual(Tensor x) {
        return x.add(scaled(mlpScale, mlp.forward(mlpNorm.forward(x))));
    }

    /**
     * The whole block over sequences that lie end to end, without rotary positions.
     *
     * @param x {@code [total tokens, width]}
     * @param lengths tokens of each sequence
     * @param causal whether a token sees only itself and those before it
     */
    public Tensor forward(Tensor x, int[] lengths, boolean causal) {
        Tensor normed = attentionNorm.forward(x);
        List<Tensor> qkv = projections(normed);
        Tensor attended = PackedAttention.self(qkv.get(0), qkv.get(1), qkv.get(2), lengths, causal, scale(), null);
        return mlpResidual(attentionResidual(x, attended));
    }

    /** Heads apart, in the type of what was projected, whatever the products were in. */
    private Tensor split(Tensor projected, Tensor from) {
        Tensor x = Tensors.to(projected, DType.of(from.scalar_type()));
        return x.view(x.size(0), heads, -1).transpose(0, 1);
    }

    private Tensor heads(@Nullable Norm norm, Tensor projected, Tensor from) {
        if (norm == null) {
            return split(projected, from);
        }
        return acrossHeads ? split(norm.forward(projected), from) : norm.forward(split(projected, from));
    }

    private static Tensor scaled(@Nullable Tensor factor, Tensor branch) {
        return factor == null ? branch : branch.mul(factor);
    }
}
