package dev.fovea.core.model.connector;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A connector that puts the patches of a token beside each other and maps them, one token at a time.
 *
 * @param patchNorm of each patch, or null
 * @param tokenNorm of the patches of a token together, or null
 * @param map {@code [tokens, side * side * feature width] -> [tokens, width]}
 */
public record Projection(
        ConnectorOptions options,
        @Nullable Norm patchNorm,
        @Nullable Norm tokenNorm,
        UnaryOperator<Tensor> map) implements Connector {

    /** Loads {@code patch_norm} and {@code linear_1}, {@code linear_2} under {@code w}. */
    public static Projection load(ConnectorOptions o, Weights w) {
        return new Projection(o, norm(o, w, o.featureWidth()), null, map(o, w));
    }

    /** As above, with a norm over all patches of a token together. */
    static Projection ofTokens(ConnectorOptions o, Weights w) {
        return new Projection(o, null, norm(o, w, o.inputs()), map(o, w));
    }

    private static @Nullable Norm norm(ConnectorOptions o, Weights w, int width) {
        return o.patchNorm() == null ? null : w.norm(o.patchNorm(), "patch_norm", width, o.eps());
    }

    private static UnaryOperator<Tensor> map(ConnectorOptions o, Weights w) {
        Linear first = w.linear("linear_1", o.hidden() > 0 ? o.hidden() : o.width(), o.inputs(), o.bias());
        return o.hidden() > 0
                ? new Mlp(first, o.activation(), w.linear("linear_2", o.width(), o.hidden(), o.bias()))::forward
                : first::forward;
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
        Tensor x = patchNorm == null ? features : patchNorm.forward(features);
        Tensor beside = grouping().side() == 1 ? x : x.reshape(-1, options.inputs());
        Tensor tokens = map.apply(tokenNorm == null ? beside : tokenNorm.forward(beside));
        return Tensors.to(tokens, DType.of(features.scalar_type()));
    }
}
