package dev.fovea.core.layer;

import dev.fovea.core.kernel.Int8Matrix;
import dev.fovea.core.kernel.QuantizedMatrix;
import dev.fovea.core.kernel.RowLinear;
import dev.fovea.core.kernel.SplitLinear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A linear map {@code y = x W^T + b}.
 *
 * @param numbers {@code W [out, in]}
 * @param bias {@code [out]}, or null
 * @param products the type in which inputs and weights are multiplied and which the result has, where that is not their
 *     own: a network may learn in f32 and multiply in bf16. Null: as they are
 */
public record Linear(
        Matrix numbers, @Nullable Tensor bias, @Nullable DType products) {

    /** What a map multiplies by. */
    public sealed interface Matrix {
        /** Numbers of the type that the map works in. */
        record Dense(Tensor weight) implements Matrix {}

        /** Codes of fewer bits. */
        record Quantized(QuantizedMatrix codes) implements Matrix {}
    }

    /** A map of weights {@code [out, in]}. */
    public Linear(Tensor weight, @Nullable Tensor bias, @Nullable DType products) {
        this(new Matrix.Dense(weight), bias, products);
    }

    /** A map that multiplies its weights as they are. */
    public Linear(Tensor weight, @Nullable Tensor bias) {
        this(weight, bias, null);
    }

    /** A map of weights in few bits. */
    public Linear(QuantizedMatrix codes, @Nullable Tensor bias) {
        this(new Matrix.Quantized(codes), bias, null);
    }

    /** {@code [out, in]}; of codes the numbers that they stand for, made anew in f32. */
    public Tensor weight() {
        return switch (numbers) {
            case Matrix.Dense dense -> dense.weight;
            case Matrix.Quantized quantized -> quantized.codes.dense(DType.F32);
        };
    }

    /** {@code [..., in] -> [..., out]}. */
    public Tensor forward(Tensor x) {
        return switch (numbers) {
            case Matrix.Dense dense -> forward(x, dense.weight);
            case Matrix.Quantized quantized -> forward(x, quantized.codes);
        };
    }

    /** Where a gradient is wanted of the input, through the numbers that the codes stand for. */
    private Tensor forward(Tensor x, QuantizedMatrix codes) {
        Work.linear(x, outputs());
        if (!x.requires_grad()) {
            return codes.forward(x, bias);
        }
        DType dtype = DType.of(x.scalar_type());
        Tensor b = bias;
        return torch.linear(x, codes.dense(dtype), Tensors.optional(b == null ? null : Tensors.to(b, dtype)));
    }

    private Tensor forward(Tensor x, Tensor weight) {
        if (products != null) {
            return multiplied(Tensors.to(x, products), weight, products);
        }
        Work.linear(x, outputs());
        if (RowLinear.takes(x, weight)) {
            return RowLinear.forward(x, weight, bias);
        }
        if (SplitLinear.takes(x, weight)) {
            return SplitLinear.forward(x, weight, bias);
        }
        return bias == null ? torch.linear(x, weight) : torch.linear(x, weight, Tensors.optional(bias));
    }

    /**
     * Several maps of one input: what {@link #forward} gives for each, but a single row wakes the threads only once.
     *
     * @param x {@code [..., in]}
     * @return a result to each map
     */
    public static List<Tensor> forward(Tensor x, Linear... maps) {
        List<Int8Matrix> codes = new ArrayList<>();
        for (Linear map : maps) {
            if (map.numbers instanceof Matrix.Quantized quantized && quantized.codes instanceof Int8Matrix matrix) {
                codes.add(matrix);
            }
        }
        if (codes.size() == maps.length && !x.requires_grad()) {
            Arrays.stream(maps).forEach(map -> Work.linear(x, map.outputs()));
            return Int8Matrix.forward(
                    x, codes, Arrays.stream(maps).map(Linear::bias).collect(Collectors.toList()));
        }
        if (!Arrays.stream(maps).allMatch(map -> map.numbers instanceof Matrix.Dense)) {
            return Arrays.stream(maps).map(map -> map.forward(x)).toList();
        }
        DType products = maps[0].products;
        if (products != null && Arrays.stream(maps).allMatch(map -> map.products == products)) {
            // Converted once for all of them.
            Tensor operand = Tensors.to(x, products);
            return Arrays.stream(maps)
                    .map(map -> map.multiplied(operand, map.weight(), products))
                    .toList();
        }
        if (Arrays.stream(maps).allMatch(map -> RowLinear.takes(x, map.weight()))) {
            Arrays.stream(maps).forEach(map -> Work.linear(x, map.outputs()));
            return RowLinear.forward(
                    x,
                    Arrays.stream(maps).map(Linear::weight).toList(),
                    Arrays.stream(maps).map(Linear::bias).collect(Collectors.toList()));
        }
        return Arrays.stream(maps).map(map -> map.forward(x)).toList();
    }

    /** Networks that learn are small: what Java's kernels do for large weights does not pay for theirs. */
    private Tensor multiplied(Tensor x, Tensor weight, DType dtype) {
        Work.linear(x, outputs());
        Tensor converted = Tensors.to(weight, dtype);
        Tensor b = bias;
        return b == null
                ? torch.linear(x, converted)
                : torch.linear(x, converted, Tensors.optional(Tensors.to(b, dtype)));
    }

    public long inputs() {
        return switch (numbers) {
            case Matrix.Dense dense -> dense.weight.size(1);
            case Matrix.Quantized quantized -> quantized.codes.inputs();
        };
    }

    public long outputs() {
        return switch (numbers) {
            case Matrix.Dense dense -> dense.weight.size(0);
            case Matrix.Quantized quantized -> quantized.codes.outputs();
        };
    }
}
