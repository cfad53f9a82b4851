package dev.fovea.core.model.connector;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A connector that puts the patches of a token beside each other, or averages them, and maps them, one token at a time.
 *
 * @param patchNorm of each patch or of their mean, or null
 * @param tokenNorm of the patches of a token together, or null
 * @param map {@code [tokens, inputs] -> [tokens, width]}
 */
public record Projection(
        ConnectorOptions options,
        @Nullable Norm patchNorm,
        @Nullable Norm tokenNorm,
        UnaryOperator<Tensor> map) implements Connector {

    /** Loads {@code patch_norm} and {@code linear_1}, {@code linear_2} under {@code w}. */
    public static Projection load(ConnectorOptions o, Weights w) {
        return o.together() ? ofTokens(o, w) : new Projection(o, norm(o, w, o.featureWidth()), null, map(o, w));
    }

    /** As above, with a norm over all patches of a token together. */
    static Projection ofTokens(ConnectorOptions o, Weights w) {
        return new Projection(o, null, norm(o, w, o.inputs()), map(o, w));
    }

    private static @Nullable Norm norm(ConnectorOptions o, Weights w, int width) {
        return o.patchNorm() == null ? null : w.norm(o.patchNorm(), "patch_norm", width, o.eps());
    }

    private static UnaryOperator<Tensor> map(ConnectorOptions o, Weights w) {
        Linear first = first(o, w);
        UnaryOperator<Tensor> behind = o.hidden() > 0
                ? new Mlp(first, o.activation(), w.linear("linear_2", o.width(), o.hidden(), o.bias()))::forward
                : first::forward;
        if (!o.merges()) {
            return behind;
        }
        Linear merging = merging(o, w);
        return x -> behind.apply(merging.forward(x));
    }

    /** Gemma 3 keeps its matrix the other way round. */
    private static Linear first(ConnectorOptions o, Weights w) {
        String turned = "linear_1.turned";
        return w.contains(turned)
                ? new Linear(w.keep(w.tensor(turned, o.inputs(), o.width()).t()), null)
                : w.linear("linear_1", o.hidden() > 0 ? o.hidden() : o.width(), o.firstInputs(), o.bias());
    }

    /** Its columns are stored channel by channel; the patches of a token lie beside each other. */
    private static Linear merging(ConnectorOptions o, Weights w) {
        int patches = o.grouping().patches();
        Tensor stored = w.tensor("merging.weight", o.featureWidth(), o.inputs());
        Tensor ordered = stored.view(o.featureWidth(), o.featureWidth(), patches)
                .transpose(1, 2)
                .reshape(o.featureWidth(), o.inputs());
        return new Linear(w.keep(ordered), null);
    }

    @Override
    public Grouping grouping() {
        return options.grouping();
    }

    @Override
    public int featureWidth() {
        return options.featureWidth();
    }

    @Override
    public Tensor project(Tensor features) {
        if (options.averaged()) {
            Tensor means = features.view(-1, grouping().patches(), features.size(1))
                    .mean(new long[] {1}, false, new ScalarTypeOptional());
            return map.apply(normed(means));
        }
        Tensor x = normed(features);
        Tensor beside = grouping().side() == 1 ? x : x.reshape(-1, options.inputs());
        Tensor tokens = map.apply(tokenNorm == null ? beside : tokenNorm.forward(beside));
        return Tensors.to(tokens, DType.of(features.scalar_type()));
    }

    private Tensor normed(Tensor x) {
        return patchNorm == null ? x : patchNorm.forward(x);
    }
}
