package dev.fovea.core.model.contrastive;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * One learned query attends to all patches, and an MLP follows: multi-head attention pooling (arXiv 2106.04560, used by
 * SigLIP, arXiv 2303.15343). What the query learns of a picture that is one patch stands for that patch alone.
 *
 * @param probe the learned query, {@code [1, width]}
 * @param heads attention heads
 */
public record PoolingHead(
        Tensor probe, Linear query, Linear key, Linear value, Linear out, Norm norm, Mlp mlp, int heads)
        implements ImageHead {

    /** Loads {@code probe}, {@code attention}, {@code layernorm} and {@code mlp} under {@code w}. */
    public static PoolingHead load(VisionOptions o, Weights w) {
        int width = o.width();
        Linear[] qkv = new Linear[3];
        for (int i = 0; i < qkv.length; i++) {
            qkv[i] = w.linearPart("attention.in_proj", i, qkv.length, width, width, true);
        }
        return new PoolingHead(
                w.keep(w.tensor("probe", 1, 1, width).view(1, width)),
                qkv[0],
                qkv[1],
                qkv[2],
                w.linear("attention.out_proj", width, width, true),
                w.norm(o.block().norm(), "layernorm", width, o.block().eps()),
                new Mlp(
                        w.linear("mlp.fc1", o.mlpWidth(), width, true),
                        o.block().activation(),
                        w.linear("mlp.fc2", width, o.mlpWidth(), true)),
                o.heads());
    }

    @Override
    public int width() {
        return (int) query.inputs();
    }

    @Override
    public Tensor pictures(Tensor states, int[] lengths) {
        Tensor q = split(query.forward(probe));
        Tensor k = split(key.forward(states));
        Tensor v = split(value.forward(states));
        double scale = 1 / Math.sqrt((double) width() / heads);
        Tensor[] pooled = new Tensor[lengths.length];
        int from = 0;
        for (int i = 0; i < pooled.length; i++) {
            pooled[i] =
                    PackedAttention.cross(q, k.narrow(1, from, lengths[i]), v.narrow(1, from, lengths[i]), null, scale);
            from += lengths[i];
        }
        return behind(Tensors.cat(0, pooled));
    }

    @Override
    public Tensor patches(Tensor states) {
        return behind(value.forward(states));
    }

    private Tensor behind(Tensor attended) {
        Tensor x = out.forward(attended);
        return x.add(mlp.forward(norm.forward(x)));
    }

    private Tensor split(Tensor projected) {
        return projected.view(projected.size(0), heads, -1).transpose(0, 1);
    }
}
