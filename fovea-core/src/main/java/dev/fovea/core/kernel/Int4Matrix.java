package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Weights in four bits, one scale for each group of consecutive weights of a row; activations as they are. Few rows are
 * multiplied by the codes where they lie, as many as a {@linkplain Int4Probe probe} finds; for more, the numbers are made
 * for the product, in memory that the C library keeps for the next one.
 */
public final class Int4Matrix implements QuantizedMatrix {
    /** Codes of a word. */
    static final int CODES = 8;

    private static final int OFFSET = 8;
    private static final int BITS = 4;
    private static final int MASK = 0xf;

    /** Words that one thread takes at a time. */
    private static final int BLOCK_WORDS = 1 << 15;

    /** Numbers that one thread makes at once: what its second-level cache holds. */
    private static final int PART_BYTES = 1 << 20;

    /** Scales that a kernel may read behind the last one. */
    private static final long PADDING = 64;

    private final Tensor words;
    private final Tensor scales;
    private final int outputs;
    private final int inputs;
    private final int group;

    private Int4Matrix(Tensor words, Tensor scales, int inputs, int group) {
        this.words = words;
        this.scales = scales;
        this.outputs = Math.toIntExact(words.size(0));
        this.inputs = inputs;
        this.group = group;
    }

    /**
     * A matrix of codes.
     *
     * @param words i32 {@code [out, in / 8]}: eight codes each, plus 8, the first in the lowest bits; read where they lie
     * @param scales bf16 {@code [out, in / group]}
     * @param keep makes a tensor outlive the open scope, for as long as the matrix is used
     */
    public static Int4Matrix of(Tensor words, Tensor scales, UnaryOperator<Tensor> keep) {
        int inputs = Math.toIntExact(words.size(1) * CODES);
        int group = Math.toIntExact(inputs / scales.size(1));
        Tensor padded = Tensors.zeros(DType.BF16, scales.numel() + PADDING);
        padded.narrow(0, 0, scales.numel()).copy_(scales.reshape(-1));
        return new Int4Matrix(keep.apply(words.contiguous()), keep.apply(padded), inputs, group);
    }

    @Override
    public long outputs() {
        return outputs;
    }

    @Override
    public long inputs() {
        return inputs;
    }

    @Override
    public long byteSize() {
        return words.numel() * Integer.BYTES + scales.numel() * DType.BF16.bytes();
    }

    @Override
    public Tensor forward(Tensor x, @Nullable Tensor bias) {
        long rows = x.numel() / inputs;
        boolean fewer = rows > 0 && rows <= Int4Probe.MOST && inOneLoop() && (rows == 1 || rows <= rowsWhereTheyLie());
        Tensor out = fewer ? each(x, rows) : many(x);
        return bias == null ? out : out.add_(Tensors.to(bias, DType.of(x.scalar_type())));
    }

    private boolean inOneLoop() {
        return Kernels.widens() && outputs >= Int4Loops.STREAMS && Kernels.ready(Int4Loops.PRODUCTS);
    }

    private int rowsWhereTheyLie() {
        return Int4Probe.rows(outputs, inputs, group);
    }

    private Tensor each(Tensor x, long rows) {
        if (rows == 1) {
            return row(x);
        }
        Tensor flat = x.reshape(rows, inputs);
        Tensor[] parts = new Tensor[(int) rows];
        Arrays.setAll(parts, r -> row(flat.narrow(0, r, 1)));
        return Tensors.cat(0, parts).view(shape(x));
    }

    /** The product of one row, by the codes where they lie. */
    Tensor row(Tensor x) {
        DType dtype = DType.of(x.scalar_type());
        try (Scope scope = Scope.inference()) {
            int perRow = inputs / CODES;
            Tensor dense = x.contiguous();
            Tensor planes = Tensors.of(
                    WordPlanes.of(FloatCopies.load(dense.data_ptr().address(), dtype, inputs), 0, inputs),
                    WordPlanes.size(inputs));
            Reference.reachabilityFence(dense);
            float[] sums = new float[outputs];
            long w = words.data_ptr().address();
            long at = planes.data_ptr().address();
            long by = scales.data_ptr().address();
            blocks(outputs, (first, end) -> Int4Loops.products(w, perRow, at, by, group, sums, 0, first, end));
            Reference.reachabilityFence(planes);
            Tensor out = Tensors.empty(dtype, shape(x));
            FloatCopies.store(sums, outputs, dtype, out.data_ptr().address());
            return scope.keep(out);
        }
    }

    /** The product of any rows: every thread makes the numbers of some outputs and multiplies by them while it has them. */
    Tensor many(Tensor x) {
        DType dtype = DType.of(x.scalar_type());
        Tensor rows = x.reshape(-1, inputs).contiguous();
        Tensor out = Tensors.empty(dtype, rows.size(0), outputs);
        Parts.run(outputs, PART_BYTES / (inputs * dtype.bytes()), (from, count) -> {
            Tensor weight = Tensors.empty(dtype, count, inputs);
            numbers(weight, from, 0, count);
            torch.mm_out(out.narrow(1, from, count), rows, weight.t());
        });
        Reference.reachabilityFence(rows);
        return out.view(shape(x));
    }

    /** The matrix as loops over few rows read it, or null where this JVM cannot. */
    @Nullable
    RowMap map(float @Nullable [] bias, DType dtype) {
        return Kernels.widens() && outputs >= RowKernel.MIN_ROWS
                ? new RowMap.Codes4(words, scales, outputs, inputs, group, bias, dtype)
                : null;
    }

    private long[] shape(Tensor x) {
        long[] shape = Tensors.shape(x);
        shape[shape.length - 1] = outputs;
        return shape;
    }

    @Override
    public String path() {
        return inOneLoop()
                ? "codes where they lie for up to " + rowsWhereTheyLie() + " rows, else numbers made for each product"
                : "numbers made for each product";
    }

    @Override
    public Tensor dense(DType dtype) {
        Tensor out = Tensors.empty(dtype, outputs, inputs);
        blocks(outputs, (first, end) -> numbers(out, 0, first, end));
        return out;
    }

    /**
     * Rows {@code [first, end)} of a part.
     *
     * @param part receives the numbers of rows from {@code start} on
     */
    private void numbers(Tensor part, int start, int first, int end) {
        DType dtype = DType.of(part.scalar_type());
        int perRow = inputs / CODES;
        long w = words.data_ptr().address() + (long) Integer.BYTES * perRow * start;
        long by = scales.data_ptr().address() + (long) Short.BYTES * (inputs / group) * start;
        long to = part.data_ptr().address();
        if (dtype == DType.BF16 && Kernels.widens() && Kernels.ready(Int4Loops.NUMBERS)) {
            Int4Loops.numbers(w, perRow, by, group, to, first, end);
        } else {
            plain(w, by, to, dtype, first, end);
        }
        Reference.reachabilityFence(part);
    }

    private void plain(long w, long by, long to, DType dtype, int first, int end) {
        float[] row = new float[inputs];
        int perRow = inputs / CODES;
        int perGroup = group / CODES;
        for (int r = first; r < end; r++) {
            for (int word = 0; word < perRow; word++) {
                long group = (long) r * (perRow / perGroup) + word / perGroup;
                float scale = Float.intBitsToFloat(ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, by + 2 * group) << 16);
                int codes = ALL.get(ValueLayout.JAVA_INT_UNALIGNED, w + 4 * ((long) r * perRow + word));
                for (int k = 0; k < CODES; k++) {
                    row[CODES * word + k] = ((codes >>> BITS * k & MASK) - OFFSET) * scale;
                }
            }
            FloatCopies.store(row, inputs, dtype, to + (long) r * inputs * dtype.bytes());
        }
    }

    /** Rows {@code [first, end)}. */
    @FunctionalInterface
    private interface Block {
        void run(int first, int end);
    }

    private void blocks(int rows, Block block) {
        int each = Math.max(1, BLOCK_WORDS / (inputs / CODES));
        Workers.run(torch.get_num_threads(), (rows + each - 1) / each, b -> {
            int first = b * each;
            block.run(first, Math.min(rows, first + each));
        });
    }
}
