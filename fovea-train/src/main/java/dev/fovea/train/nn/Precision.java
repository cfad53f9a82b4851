package dev.fovea.train.nn;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The element type in which training multiplies matrices. Weights, norms, softmax and losses stay f32; with bf16 matrix
 * units (AMX, for one) products in bf16 are two to four times faster, without them slower, so a probe decides.
 */
public enum Precision {
    F32(DType.F32),
    BF16(DType.BF16);

    private final DType dtype;

    Precision(DType dtype) {
        this.dtype = dtype;
    }

    /** Whichever multiplies faster on this machine. */
    public static Precision fastest() {
        return BF16.seconds() < F32.seconds() ? BF16 : F32;
    }

    private double seconds() {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.full(0.5, DType.F32, 2048, 256);
            Linear linear = new Linear(Tensors.full(0.5, DType.F32, 512, 256), null, products());
            double best = Double.POSITIVE_INFINITY;
            for (int i = 0; i < 5; i++) {
                long start = System.nanoTime();
                Tensors.to(linear.forward(x), DType.F32);
                best = Math.min(best, (System.nanoTime() - start) / 1e9);
            }
            return best;
        }
    }

    /** The type of products where it is not that of the weights; null where it is. */
    public @Nullable DType products() {
        return this == F32 ? null : dtype;
    }

    /** This tensor as an operand of matrix products. */
    public Tensor to(Tensor x) {
        return Tensors.to(x, dtype);
    }
}
