package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Weights in eight bits, one scale for each row, multiplied by activations in eight bits ({@link QuantizedRows}): {@code
 * y[r][o] = step[r] * scale[o] * sum_k x[r][k] * w[o][k]}, where the sum is one of whole numbers and exact. So a row gets
 * the same bits whoever is in the pass with it, and whichever kernel computes it.
 *
 * <p>oneDNN reads weights that it has packed about one and a half times as fast as those that lie row by row, for many
 * rows and for one; so only packed ones are held where a {@linkplain Int8Probe probe} finds that, and that they are exact.
 */
public final class Int8Matrix implements QuantizedMatrix {
    /** From here on products are made in parts: those of fewer rows are shorter than the calls that parts take. */
    private static final int MIN_ROWS = 16;

    /** Sums that one thread makes at once: what its second-level cache holds. */
    private static final long PART_BYTES = 1 << 19;

    private final Tensor weights;
    private final boolean packed;
    private final Tensor scales;
    private final Tensor zeros;
    private final long columns;
    private final Supplier<Tensor> again;

    private Int8Matrix(
            Tensor weights, boolean packed, Tensor scales, Tensor zeros, long columns, Supplier<Tensor> again) {
        this.weights = weights;
        this.packed = packed;
        this.scales = scales;
        this.zeros = zeros;
        this.columns = columns;
        this.again = again;
    }

    /**
     * A matrix of codes.
     *
     * @param codes i8 {@code [out, in]}
     * @param scales f32 {@code [out]}
     * @param again gives the codes once more, where the numbers are wanted that they stand for
     * @param keep makes a tensor outlive the open scope, for as long as the matrix is used
     */
    public static Int8Matrix of(Tensor codes, Tensor scales, Supplier<Tensor> again, UnaryOperator<Tensor> keep) {
        return of(codes, scales, again, keep, Int8Probe.packs(codes.size(0), codes.size(1)));
    }

    static Int8Matrix of(
            Tensor codes, Tensor scales, Supplier<Tensor> again, UnaryOperator<Tensor> keep, boolean packed) {
        Tensor held = keep.apply(packed ? Operators.pack(codes) : codes.contiguous());
        Tensor zeros = keep.apply(Tensors.zeros(DType.I32, codes.size(0)));
        return new Int8Matrix(held, packed, keep.apply(scales.contiguous()), zeros, codes.size(1), again);
    }

    @Override
    public long outputs() {
        return scales.size(0);
    }

    @Override
    public long inputs() {
        return columns;
    }

    @Override
    public long byteSize() {
        return outputs() * (inputs() + Float.BYTES);
    }

    @Override
    public Tensor forward(Tensor x, @Nullable Tensor bias) {
        return multiply(QuantizedRows.of(x), bias);
    }

    /**
     * Several maps of one input, whose codes are made once for all of them.
     *
     * @param biases to each matrix its bias, or null
     * @return a result to each matrix
     */
    public static List<Tensor> forward(Tensor x, List<Int8Matrix> matrices, List<@Nullable Tensor> biases) {
        QuantizedRows rows = QuantizedRows.of(x);
        return IntStream.range(0, matrices.size())
                .mapToObj(i -> matrices.get(i).multiply(rows, biases.get(i)))
                .toList();
    }

    private Tensor multiply(QuantizedRows x, @Nullable Tensor bias) {
        if (x.codes().size(0) == 0) {
            return x.scaled(Tensors.empty(DType.F32, 0, outputs()));
        }
        Tensor out = !packed && x.steps().length >= MIN_ROWS && x.scalesSums(outputs()) ? inParts(x) : atOnce(x);
        return bias == null ? out : out.add_(Tensors.to(bias, x.dtype()));
    }

    private Tensor atOnce(QuantizedRows x) {
        return x.scaled(
                packed
                        ? Operators.multiplyPacked(x.codes(), weights, scales, zeros)
                        : Tensors.to(Operators.multiply(x.codes(), weights.t()), DType.F32)
                                .mul_(scales));
    }

    /** Every thread makes numbers of the sums of some outputs while it has them. */
    private Tensor inParts(QuantizedRows x) {
        Tensor out = x.results(outputs());
        long about = PART_BYTES / ((long) Integer.BYTES * x.steps().length);
        Parts.run(Math.toIntExact(outputs()), about, (from, count) -> {
            Tensor sums =
                    Operators.multiply(x.codes(), weights.narrow(0, from, count).t());
            x.scaleSums(sums, scales, from, out);
        });
        return out;
    }

    /** The matrix as loops over few rows read it; null where this JVM cannot, or where only packed codes are held. */
    @Nullable
    RowMap map(float @Nullable [] bias, DType dtype) {
        return !packed && Kernels.widens() && outputs() >= RowKernel.MIN_ROWS
                ? new RowMap.Codes8(weights, Tensors.floats(scales), bias, dtype)
                : null;
    }

    @Override
    public String path() {
        return packed ? "codes packed for oneDNN" : "codes where they lie";
    }

    @Override
    public Tensor dense(DType dtype) {
        return Tensors.to(Tensors.to(again.get(), DType.F32).mul_(scales.view(-1, 1)), dtype);
    }
}
