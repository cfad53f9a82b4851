package dev.fovea.core.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Makes tensors from Java arrays and back, and hides the optional-argument noise of the native interface. */
public final class Tensors {
    private Tensors() {}

    // ---- from the heap; a tensor without elements has no address to copy to ----

    /** An f32 tensor with a copy of {@code data}. */
    public static Tensor of(float[] data, long... shape) {
        checkSize(data.length, shape);
        Tensor t = empty(DType.F32, shape);
        if (data.length > 0) {
            try (FloatPointer p = new FloatPointer(t.data_ptr())) {
                p.put(data, 0, data.length);
            }
        }
        return t;
    }

    /** An i64 tensor with a copy of {@code data}. */
    public static Tensor of(long[] data, long... shape) {
        checkSize(data.length, shape);
        Tensor t = empty(DType.I64, shape);
        if (data.length > 0) {
            try (LongPointer p = new LongPointer(t.data_ptr())) {
                p.put(data, 0, data.length);
            }
        }
        return t;
    }

    /** An i64 tensor with the values of {@code data} (indices, token ids). */
    public static Tensor of(int[] data, long... shape) {
        long[] wide = new long[data.length];
        Arrays.setAll(wide, i -> data[i]);
        return of(wide, shape);
    }

    /** A u8 tensor with a copy of {@code data}. */
    public static Tensor of(byte[] data, long... shape) {
        checkSize(data.length, shape);
        Tensor t = empty(DType.U8, shape);
        if (data.length > 0) {
            try (BytePointer p = new BytePointer(t.data_ptr())) {
                p.put(data, 0, data.length);
            }
        }
        return t;
    }

    /** A one-dimensional index tensor. */
    public static Tensor indices(int... indices) {
        return of(indices, indices.length);
    }

    // ---- fresh ----

    public static Tensor empty(DType dtype, long... shape) {
        return torch.empty(shape, options(dtype), null);
    }

    public static Tensor zeros(DType dtype, long... shape) {
        return torch.zeros(shape, options(dtype));
    }

    public static Tensor full(double value, DType dtype, long... shape) {
        try (Scalar v = new Scalar(value)) {
            return torch.full(shape, v, options(dtype));
        }
    }

    public static TensorOptions options(DType dtype) {
        Natives.ensureLoaded();
        return new TensorOptions(dtype.scalarType());
    }

    // ---- to the heap ----

    /** All values as f32, row after row. */
    public static float[] floats(Tensor t) {
        try (Scope scope = Scope.inference()) {
            Tensor host = t.detach().to(ScalarType.Float).cpu().contiguous();
            float[] out = new float[Math.toIntExact(host.numel())];
            if (out.length > 0) {
                new FloatPointer(host.data_ptr()).get(out, 0, out.length);
            }
            return out;
        }
    }

    /** All values of an integer tensor as longs, row after row. */
    public static long[] longs(Tensor t) {
        try (Scope scope = Scope.inference()) {
            Tensor host = t.detach().to(ScalarType.Long).cpu().contiguous();
            long[] out = new long[Math.toIntExact(host.numel())];
            if (out.length > 0) {
                new LongPointer(host.data_ptr()).get(out, 0, out.length);
            }
            return out;
        }
    }

    /** All values of an integer tensor as ints, row after row. */
    public static int[] ints(Tensor t) {
        try (Scope scope = Scope.inference()) {
            Tensor host = t.detach().to(ScalarType.Int).cpu().contiguous();
            int[] out = new int[Math.toIntExact(host.numel())];
            if (out.length > 0) {
                new IntPointer(host.data_ptr()).get(out, 0, out.length);
            }
            return out;
        }
    }

    // ---- shape ----

    /** The shape as an array. */
    public static long[] shape(Tensor t) {
        long[] out = new long[(int) t.dim()];
        Arrays.setAll(out, t::size);
        return out;
    }

    /** Tensors end to end along one dimension. */
    public static Tensor cat(long dim, Tensor... parts) {
        if (parts.length == 1) {
            return parts[0];
        }
        return torch.cat(new TensorVector(parts), dim);
    }

    /**
     * The parts of one dimension, end to end; views. With gradients one operation, where as many {@link #narrow} would
     * each fill a gradient of the whole.
     *
     * @param lengths of the parts; their sum is the size of the dimension
     */
    public static Tensor[] split(Tensor t, long dim, int... lengths) {
        if (lengths.length == 1) {
            return new Tensor[] {t};
        }
        TensorVector parts =
                torch.split_with_sizes(t, Arrays.stream(lengths).asLongStream().toArray(), dim);
        Tensor[] out = new Tensor[lengths.length];
        Arrays.setAll(out, i -> new Tensor(parts.get(i)));
        return out;
    }

    /** {@code length} entries of one dimension from {@code start}; a view. */
    public static Tensor narrow(Tensor t, long dim, long start, long length) {
        return t.narrow(dim, start, length);
    }

    /** Entries {@code start, start + step, ...} below {@code end} of one dimension; a view. */
    public static Tensor slice(Tensor t, long dim, long start, long end, long step) {
        return t.slice(dim, new LongOptional(start), new LongOptional(end), step);
    }

    /** This tensor in another element type; itself if it already has it. */
    public static Tensor to(Tensor t, DType dtype) {
        return t.scalar_type().intern() == dtype.scalarType() ? t : t.to(dtype.scalarType());
    }

    // ---- arithmetic with optional arguments ----

    /** Softmax over the last dimension, computed and returned in f32. */
    public static Tensor softmax(Tensor logits) {
        return torch.softmax(logits, -1, new ScalarTypeOptional(ScalarType.Float));
    }

    /** Log-softmax over the last dimension, computed and returned in f32. */
    public static Tensor logSoftmax(Tensor logits) {
        return torch.log_softmax(logits, -1, new ScalarTypeOptional(ScalarType.Float));
    }

    public static Tensor scale(Tensor t, double factor) {
        try (Scalar v = new Scalar(factor)) {
            return t.mul(v);
        }
    }

    public static Tensor add(Tensor t, double value) {
        try (Scalar v = new Scalar(value)) {
            return t.add(v);
        }
    }

    /**
     * The fused attention kernel: {@code softmax(q k^T * scale + mask) v}.
     *
     * @param q {@code [batch, heads, queries, d]}
     * @param k {@code [batch, heads or kv-heads, keys, d]}
     * @param v as k
     * @param mask additive or boolean, broadcastable to {@code [batch, heads, queries, keys]}; or null
     * @param causal lower-triangular mask aligned at the top left; not together with {@code mask}
     */
    public static Tensor attention(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, boolean causal, double scale) {
        TensorOptional m = mask == null ? new TensorOptional() : new TensorOptional(mask);
        boolean grouped = q.size(1) != k.size(1);
        Work.attention(q, k.size(2), 2);
        return torch.scaled_dot_product_attention(q, k, v, m, 0.0, causal, new DoubleOptional(scale), grouped);
    }

    /** An empty or present optional tensor argument. */
    public static TensorOptional optional(@Nullable Tensor t) {
        return t == null ? new TensorOptional() : new TensorOptional(t);
    }

    /**
     * The memory of a dense tensor, to be filled while the tensor is alive: its elements in order.
     *
     * @throws IllegalArgumentException if its elements do not lie one behind the other
     */
    @SuppressWarnings("restricted") // as many bytes as the tensor owns
    public static MemorySegment memory(Tensor t) {
        if (!t.is_contiguous()) {
            throw new IllegalArgumentException("The elements of this tensor do not lie one behind the other");
        }
        return MemorySegment.ofAddress(t.data_ptr().address()).reinterpret(t.numel() * t.element_size());
    }

    /** The address of the first element. */
    public static Pointer address(Tensor t) {
        return t.data_ptr();
    }

    private static void checkSize(int length, long[] shape) {
        long n = 1;
        for (long s : shape) {
            n *= s;
        }
        if (n != length) {
            throw new IllegalArgumentException(
                    length + " values do not fill a tensor of shape " + Arrays.toString(shape));
        }
    }
}
