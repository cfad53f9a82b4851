package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear map of a few rows as loops over its weights where they lie. What comes of a row hangs on that row alone, to the
 * last bit, and is what {@link RowLinear} and the quantised matrices make of a single one.
 */
public sealed interface RowMap {

    /**
     * The map of these weights, or null where this JVM has no loops for them.
     *
     * @param weight {@code [out, in]}, dense, without gradients
     * @param bias {@code [out]}, or null
     */
    static @Nullable RowMap of(Tensor weight, @Nullable Tensor bias) {
        DType dtype = DType.of(weight.scalar_type());
        RowKernel kernel = Kernels.of(dtype);
        if (kernel == null
                || !weight.is_cpu()
                || !weight.is_contiguous()
                || weight.requires_grad()
                || weight.size(0) < RowKernel.MIN_ROWS) {
            return null;
        }
        return new Numbers(kernel, dtype, weight, floats(bias, dtype));
    }

    /** The same for weights in few bits, whose inputs and results are of this type. */
    static @Nullable RowMap of(QuantizedMatrix codes, @Nullable Tensor bias, DType dtype) {
        return switch (codes) {
            case Int8Matrix matrix -> matrix.map(floats(bias, dtype), dtype);
            case Int4Matrix matrix -> matrix.map(floats(bias, dtype), dtype);
        };
    }

    private static float @Nullable [] floats(@Nullable Tensor bias, DType dtype) {
        return bias == null ? null : Tensors.floats(Tensors.to(bias, dtype));
    }

    int outputs();

    int inputs();

    /** Whether libtorch's products are as quick for several rows. */
    default boolean isLarge() {
        return (long) outputs() * inputs() >= RowLinear.MIN_WEIGHTS;
    }

    /** Bytes of the weights of one output. */
    long rowBytes();

    /** In which form it reads its inputs. */
    RowInput.Form form();

    /** Begins to compile its loops in the background. */
    void prepare();

    /** Whether its loops may be used; waits for the compiler. */
    boolean ready();

    /**
     * Outputs {@code [from, to)} of every row, rounded.
     *
     * @param x in the form of this map
     * @param out {@code [rows, outputs]}
     * @param to at least {@link RowKernel#MIN_ROWS} behind {@code from}
     */
    void run(RowInput x, float[] out, int from, int to);

    /** Weights as numbers of the type that the model works in. */
    @SuppressWarnings("ArrayRecordComponent") // made once for a model; never compared
    record Numbers(
            RowKernel kernel,
            DType dtype,
            Tensor weight,
            long address,
            int outputs,
            int inputs,
            float @Nullable [] bias)
            implements RowMap {
        Numbers(RowKernel kernel, DType dtype, Tensor weight, float @Nullable [] bias) {
            this(
                    kernel,
                    dtype,
                    weight,
                    weight.data_ptr().address(),
                    Math.toIntExact(weight.size(0)),
                    Math.toIntExact(weight.size(1)),
                    bias);
        }

        @Override
        public long rowBytes() {
            return (long) inputs * kernel.weightBytes();
        }

        @Override
        public RowInput.Form form() {
            return dtype == DType.BF16 ? RowInput.Form.BF16 : RowInput.Form.F32;
        }

        @Override
        public void prepare() {
            Kernels.prepare(kernel);
        }

        @Override
        public boolean ready() {
            return Kernels.multiplies(kernel);
        }

        @Override
        public void run(RowInput x, float[] out, int from, int to) {
            kernel.rows(address, inputs, x.address(), x.rows(), out, outputs, from, to);
            for (int v = 0; v < x.rows(); v++) {
                int row = v * outputs;
                if (bias != null) {
                    for (int r = from; r < to; r++) {
                        out[row + r] += bias[r];
                    }
                }
                FloatCopies.round(out, row + from, row + to, dtype);
            }
        }
    }

    /** Weights in eight bits; see {@link Int8Matrix}. */
    @SuppressWarnings("ArrayRecordComponent") // made once for a model; never compared
    record Codes8(Tensor codes, long address, float[] scales, int inputs, float @Nullable [] bias, DType dtype)
            implements RowMap {
        Codes8(Tensor codes, float[] scales, float @Nullable [] bias, DType dtype) {
            this(codes, codes.data_ptr().address(), scales, Math.toIntExact(codes.size(1)), bias, dtype);
        }

        @Override
        public int outputs() {
            return scales.length;
        }

        @Override
        public long rowBytes() {
            return inputs;
        }

        @Override
        public RowInput.Form form() {
            return RowInput.Form.CODES;
        }

        @Override
        public void prepare() {
            Kernels.prepare(Int8Loops.PRODUCTS);
        }

        @Override
        public boolean ready() {
            return Kernels.ready(Int8Loops.PRODUCTS);
        }

        @Override
        public void run(RowInput x, float[] out, int from, int to) {
            int step = to - from;
            int[] sums = new int[x.rows() * step];
            Int8Loops.rows(address, inputs, x.address(), x.rows(), sums, step, from, to);
            for (int v = 0; v < x.rows(); v++) {
                int row = v * outputs();
                for (int r = from; r < to; r++) {
                    out[row + r] = sums[v * step + r - from] * scales[r] * x.step(v);
                }
                finish(out, row, bias, dtype, from, to);
            }
        }
    }

    /** Weights in four bits; see {@link Int4Matrix}. */
    @SuppressWarnings("ArrayRecordComponent") // made once for a model; never compared
    record Codes4(
            Tensor words,
            long address,
            Tensor scales,
            long scalesAt,
            int outputs,
            int inputs,
            int group,
            float @Nullable [] bias,
            DType dtype)
            implements RowMap {
        Codes4(Tensor words, Tensor scales, int outputs, int inputs, int group, float @Nullable [] bias, DType dtype) {
            this(
                    words,
                    words.data_ptr().address(),
                    scales,
                    scales.data_ptr().address(),
                    outputs,
                    inputs,
                    group,
                    bias,
                    dtype);
        }

        @Override
        public long rowBytes() {
            return inputs / 2 + 2L * inputs / group;
        }

        @Override
        public RowInput.Form form() {
            return RowInput.Form.PLANES;
        }

        @Override
        public void prepare() {
            Kernels.prepare(Int4Loops.PRODUCTS);
        }

        @Override
        public boolean ready() {
            return Kernels.ready(Int4Loops.PRODUCTS);
        }

        @Override
        public void run(RowInput x, float[] out, int from, int to) {
            int perRow = inputs / Int4Loops.CODES;
            for (int v = 0; v < x.rows(); v++) {
                long planes = x.address() + 4L * v * WordPlanes.size(inputs);
                int row = v * outputs;
                Int4Loops.products(address, perRow, planes, scalesAt, group, out, row, from, to);
                finish(out, row, bias, dtype, from, to);
            }
        }
    }

    /** Sums are rounded, then their biases added, as libtorch adds them. */
    private static void finish(float[] out, int row, float @Nullable [] bias, DType dtype, int from, int to) {
        FloatCopies.round(out, row + from, row + to, dtype);
        if (bias != null) {
            for (int r = from; r < to; r++) {
                out[row + r] += bias[r];
            }
            FloatCopies.round(out, row + from, row + to, dtype);
        }
    }
}
