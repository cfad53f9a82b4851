package dev.fovea.core.layer;

import dev.fovea.core.kernel.RowLinear;
import dev.fovea.core.kernel.SplitLinear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A linear map {@code y = x W^T + b}.
 *
 * @param weight {@code [out, in]}
 * @param bias {@code [out]}, or null
 * @param products the type in which inputs and weights are multiplied and which the result has, where that is not their
 *     own: a network may learn in f32 and multiply in bf16. Null: as they are
 */
public record Linear(
        Tensor weight, @Nullable Tensor bias, @Nullable DType products) {

    /** A map that multiplies its weights as they are. */
    public Linear(Tensor weight, @Nullable Tensor bias) {
        this(weight, bias, null);
    }

    /** {@code [..., in] -> [..., out]}. */
    public Tensor forward(Tensor x) {
        if (products != null) {
            return multiplied(Tensors.to(x, products), products);
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
        DType products = maps[0].products;
        if (products != null && Arrays.stream(maps).allMatch(map -> map.products == products)) {
            // Converted once for all of them.
            Tensor operand = Tensors.to(x, products);
            return Arrays.stream(maps)
                    .map(map -> map.multiplied(operand, products))
                    .toList();
        }
        if (Arrays.stream(maps).allMatch(map -> RowLinear.takes(x, map.weight))) {
            Arrays.stream(maps).forEach(map -> Work.linear(x, map.outputs()));
            return RowLinear.forward(
                    x,
                    Arrays.stream(maps).map(Linear::weight).toList(),
                    Arrays.stream(maps).map(Linear::bias).collect(Collectors.toList()));
        }
        return Arrays.stream(maps).map(map -> map.forward(x)).toList();
    }

    /** Networks that learn are small: what Java's kernels do for large weights does not pay for theirs. */
    private Tensor multiplied(Tensor x, DType dtype) {
        Work.linear(x, outputs());
        Tensor converted = Tensors.to(weight, dtype);
        Tensor b = bias;
        return b == null
                ? torch.linear(x, converted)
                : torch.linear(x, converted, Tensors.optional(Tensors.to(b, dtype)));
    }

    public long inputs() {
        return weight.size(1);
    }

    public long outputs() {
        return weight.size(0);
    }
}
