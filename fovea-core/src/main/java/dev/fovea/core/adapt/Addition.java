package dev.fovea.core.adapt;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * What is added to one tensor of a model. Where gradients are recorded, they reach the values that are added.
 */
public sealed interface Addition {

    /**
     * A matrix of low rank (LoRA, arXiv 2106.09685, section 4.1): {@code W + scale * up down}. A tensor of more than two
     * dimensions counts as a matrix of its first one and all others.
     *
     * @param down {@code [rank, in]}
     * @param up {@code [out, rank]}
     * @param scale factor of the product
     */
    record LowRank(Tensor down, Tensor up, double scale) implements Addition {}

    /**
     * A difference in full.
     *
     * @param values of the shape of the tensor that it is added to
     */
    record Difference(Tensor values) implements Addition {}

    /**
     * Further rows behind those of a table; the table itself stays as it is. Its name is that of the table with {@code .more}
     * in place of {@code .weight}: {@code text.embed_tokens.more} and {@code lm_head.more}.
     *
     * @param rows {@code [rows, width]}
     */
    record Behind(Tensor rows) implements Addition {}

    /**
     * A tensor with this added to it: summed in f32, of the type of {@code base}.
     *
     * @param name of the tensor, for messages
     * @throws IllegalArgumentException with one sentence that names both shapes if they do not fit
     */
    default Tensor onto(String name, Tensor base) {
        long[] shape = Tensors.shape(base);
        Tensor wide = Tensors.to(base, DType.F32);
        Tensor sum = switch (this) {
            case LowRank low -> {
                long rows = shape.length == 0 ? 1 : shape[0];
                long cols = base.numel() / Math.max(1, rows);
                boolean fits = low.up.dim() == 2
                        && low.down.dim() == 2
                        && low.up.size(0) == rows
                        && low.down.size(1) == cols
                        && low.up.size(1) == low.down.size(0);
                require(fits, name, shape, "factors of shapes " + text(low.up) + " and " + text(low.down));
                Tensor product = Tensors.to(low.up, DType.F32).matmul(Tensors.to(low.down, DType.F32));
                yield wide.add(Tensors.scale(product, low.scale).view(shape));
            }
            case Difference difference -> {
                boolean fits = Arrays.equals(shape, Tensors.shape(difference.values));
                require(fits, name, shape, "a difference of shape " + text(difference.values));
                yield wide.add(Tensors.to(difference.values, DType.F32));
            }
            case Behind ignored ->
                throw new IllegalArgumentException(
                        "Rows stand behind '" + name + "', and nothing of them is added to it.");
        };
        return Tensors.to(sum, DType.of(base.scalar_type()));
    }

    private static void require(boolean fits, String name, long[] shape, String what) {
        if (!fits) {
            throw new IllegalArgumentException("A plan adds " + what + " to '" + name + "', which has shape "
                    + Arrays.toString(shape) + " in this model.");
        }
    }

    private static String text(Tensor t) {
        return Arrays.toString(Tensors.shape(t));
    }
}
