package dev.fovea.core.model;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.OffsetRmsNorm;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.tensor.DType;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The tensors that a network is made of, by canonical name, checked against the shapes that its options imply. A mapped
 * checkpoint gives them as they are; parameters that move give views of themselves.
 */
public interface Weights {

    /** The type in which the network works. */
    DType dtype();

    /**
     * The type in which linear maps multiply, where it is not the one they are kept in; null where it is. A network that
     * learns keeps f32 and may multiply in bf16.
     */
    default @Nullable DType products() {
        return null;
    }

    /** The same weights, further down: {@code prefix} is put before every name. */
    Weights under(String prefix);

    /** Whether there is a tensor of this name. */
    boolean contains(String name);

    /**
     * A tensor of exactly this shape, in the working type.
     *
     * @throws RuntimeException with one sentence that names the tensor and both shapes, if it is missing or has another
     */
    Tensor tensor(String name, long... shape);

    /** A tensor of exactly this shape, in the type it is stored in. */
    Tensor stored(String name, long... shape);

    /**
     * Further rows behind those of a table, in the working type: what is added to its vocabulary. Null where there are none.
     *
     * @param table its name without {@code .weight}
     */
    default @Nullable Tensor more(String table) {
        return null;
    }

    /** Keeps a tensor made of these for as long as the model that takes them, whatever scope is open now. */
    Tensor keep(Tensor tensor);

    /** {@code name.weight [out, in]} and, if wanted, {@code name.bias [out]}. */
    default Linear linear(String name, long out, long in, boolean bias) {
        return new Linear(tensor(name + ".weight", out, in), bias ? tensor(name + ".bias", out) : null, products());
    }

    /**
     * One of several maps that are stored as one, each with as many outputs: rows {@code part * out ..} of
     * {@code name.weight [parts * out, in]}.
     */
    default Linear linearPart(String name, int part, int parts, long out, long in, boolean bias) {
        Tensor weight = part(tensor(name + ".weight", parts * out, in), part, out);
        return new Linear(weight, bias ? part(tensor(name + ".bias", parts * out), part, out) : null, products());
    }

    /** A view that lives as long as the tensor it looks at, whatever scope it is made in. */
    private Tensor part(Tensor all, int part, long rows) {
        return keep(all.narrow(0, part * rows, rows));
    }

    /** {@code name.weight [width]} and, for layer norms, {@code name.bias [width]}. */
    default Norm norm(NormKind kind, String name, long width, double eps) {
        return switch (kind) {
            case LAYER -> layerNorm(name, width, eps);
            case RMS -> rmsNorm(name, width, eps);
            case RMS_FROM_ONE -> new OffsetRmsNorm(tensor(name + ".weight", width), eps);
        };
    }

    /** {@code name.weight [width]} and {@code name.bias [width]}. */
    default LayerNorm layerNorm(String name, long width, double eps) {
        return new LayerNorm(tensor(name + ".weight", width), tensor(name + ".bias", width), eps);
    }

    /** {@code name.weight [width]}. */
    default RmsNorm rmsNorm(String name, long width, double eps) {
        return new RmsNorm(tensor(name + ".weight", width), eps);
    }
}
