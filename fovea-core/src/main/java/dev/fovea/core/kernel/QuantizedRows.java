package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rows of activations as eight-bit codes, each row with a step of its own (dynamic quantisation per token, LLM.int8(),
 * arXiv 2208.07339, section 2.1): {@code x = step * code} to half a step, with {@code step = max|x| / 127}. A row's codes
 * depend on that row alone.
 *
 * @param codes i8 {@code [rows, in]}
 * @param steps one for each row
 * @param shape of the rows as they came, {@code [..., in]}
 * @param dtype of the rows as they came, and of what is multiplied by them
 */
record QuantizedRows(Tensor codes, float[] steps, long[] shape, DType dtype) {
    private static final float LARGEST = 127;

    /** Elements that one thread takes at a time: fewer are done before another thread has woken. */
    private static final int BLOCK = 1 << 19;

    /** The step of a row whose largest magnitude is this. */
    static float step(float most) {
        return most / LARGEST;
    }

    /** Steps per unit; a row of zeros, or of hardly more, has codes of zero. */
    static float perStep(float most) {
        float factor = LARGEST / most;
        return Float.isInfinite(factor) ? 0 : factor;
    }

    /** @param x {@code [..., in]}, bf16 or f32 */
    static QuantizedRows of(Tensor x) {
        long[] shape = Tensors.shape(x);
        DType dtype = DType.of(x.scalar_type());
        return fast(shape[shape.length - 1], dtype) ? inOneLoop(x, shape) : inLibtorch(x, shape, dtype);
    }

    private static QuantizedRows inOneLoop(Tensor x, long[] shape) {
        Tensor dense = x.contiguous();
        int columns = Math.toIntExact(shape[shape.length - 1]);
        int rows = Math.toIntExact(x.numel() / columns);
        Tensor codes = Tensors.empty(DType.I8, rows, columns);
        float[] steps = new float[rows];
        long from = dense.data_ptr().address();
        long to = codes.data_ptr().address();
        blocks(rows, columns, (first, end) -> CodeLoops.quantize(from, columns, to, steps, first, end));
        Reference.reachabilityFence(dense);
        return new QuantizedRows(codes, steps, shape, DType.BF16);
    }

    private static QuantizedRows inLibtorch(Tensor x, long[] shape, DType dtype) {
        Tensor wide = Tensors.to(x, DType.F32).reshape(-1, shape[shape.length - 1]);
        float[] most = Tensors.floats(wide.abs().amax(new long[] {1}, false));
        float[] steps = new float[most.length];
        float[] factors = new float[most.length];
        for (int r = 0; r < most.length; r++) {
            steps[r] = step(most[r]);
            factors[r] = perStep(most[r]);
        }
        Tensor scaled = wide.mul(Tensors.of(factors, factors.length, 1)).round();
        return new QuantizedRows(scaled.to(ScalarType.Char), steps, shape, dtype);
    }

    /**
     * Sums of products of codes as what they stand for: times the steps of their rows.
     *
     * @param sums f32 {@code [rows, out]}, already times the steps of their columns; may be overwritten
     * @return {@code [..., out]} in the type of the rows
     */
    Tensor scaled(Tensor sums) {
        Tensor out = results(sums.size(1));
        if (fast(sums.size(1), dtype)) {
            int columns = Math.toIntExact(sums.size(1));
            long from = sums.data_ptr().address();
            long to = out.data_ptr().address();
            blocks(steps.length, columns, (first, end) -> CodeLoops.scale(from, columns, steps, to, first, end));
            Reference.reachabilityFence(sums);
            return out;
        }
        return Tensors.to(sums.mul_(Tensors.of(steps, steps.length, 1)).view(Tensors.shape(out)), dtype);
    }

    /** Whether {@link #scaleSums} takes sums of so many columns. */
    boolean scalesSums(long columns) {
        return fast(columns, dtype) && Kernels.ready(CodeLoops.SCALE_SUMS);
    }

    /** Room for results, {@code [..., out]} in the type of the rows. */
    Tensor results(long columns) {
        long[] wanted = shape.clone();
        wanted[wanted.length - 1] = columns;
        return Tensors.empty(dtype, wanted);
    }

    /**
     * Sums of some outputs as what they stand for.
     *
     * @param sums i32 {@code [rows, part]}
     * @param scales f32 {@code [out]}
     * @param from the first of them
     * @param out {@linkplain #results receives} them
     */
    void scaleSums(Tensor sums, Tensor scales, int from, Tensor out) {
        CodeLoops.scaleSums(
                sums.data_ptr().address(),
                Math.toIntExact(sums.size(1)),
                scales.data_ptr().address() + (long) Float.BYTES * from,
                steps,
                out.data_ptr().address() + (long) DType.BF16.bytes() * from,
                scales.size(0),
                0,
                steps.length);
        Reference.reachabilityFence(sums);
    }

    private static boolean fast(long columns, DType dtype) {
        return dtype == DType.BF16
                && columns >= Kernels.MIN_WIDTH
                && Kernels.widens()
                && columns % CodeLoops.GRAIN == 0
                && Kernels.ready(CodeLoops.QUANTIZE)
                && Kernels.ready(CodeLoops.SCALE);
    }

    /** Rows {@code [first, end)}. */
    @FunctionalInterface
    private interface Block {
        void run(int first, int end);
    }

    private static void blocks(int rows, int columns, Block block) {
        int each = Math.max(1, BLOCK / columns);
        Workers.run(torch.get_num_threads(), (rows + each - 1) / each, b -> {
            int first = b * each;
            block.run(first, Math.min(rows, first + each));
        });
    }
}
