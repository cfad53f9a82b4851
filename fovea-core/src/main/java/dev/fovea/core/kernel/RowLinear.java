package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A linear map of one row (in f32 up to four), which reads each weight once and does little with it: its speed is the memory's.
 * libtorch's own kernels reach about three quarters of what the memory gives in bf16, and a third in f32. Only
 * large weights on the CPU come here, without gradients; small ones live in caches, where libtorch is as good and
 * nothing needs to be compiled first.
 */
public final class RowLinear {
    /** Weights below this many elements stay with libtorch. */
    static final long MIN_WEIGHTS = 2L << 20;

    /** A block of rows that one thread takes: short against a call, long against the cost of taking it. */
    private static final long BLOCK_BYTES = 512 << 10;

    private RowLinear() {}

    /**
     * Whether {@link #forward} should compute {@code x W^T} rather than libtorch. Also gets the kernel ready as soon as a
     * large weight is seen, with however many rows: they are the prefill of a decoding that will follow.
     */
    public static boolean takes(Tensor x, Tensor weight) {
        if (weight.numel() < MIN_WEIGHTS || !weight.is_cpu() || weight.dim() != 2) {
            return false;
        }
        DType dtype = DType.of(weight.scalar_type());
        RowKernel kernel = Kernels.of(dtype);
        if (kernel == null || Gradients.recorded(x, weight) || !weight.is_contiguous()) {
            return false;
        }
        long rows = x.numel() / Math.max(1, weight.size(1));
        if (rows < 1 || rows > kernel.maxVectors()) {
            Kernels.prepare(kernel);
            return false;
        }
        return x.scalar_type().intern() == dtype.scalarType()
                && x.is_cpu()
                && x.size(-1) == weight.size(1)
                && weight.size(0) >= RowKernel.MIN_ROWS
                && Kernels.multiplies(kernel);
    }

    /**
     * {@code x W^T + b}, accumulated in f32 and rounded once.
     *
     * @param x {@code [..., in]}, few rows
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     * @return {@code [..., out]} in the type of {@code x}
     */
    public static Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias) {
        return forward(x, List.of(weight), Collections.singletonList(bias)).getFirst();
    }

    /**
     * Several maps of one input. The threads are woken once for all of them.
     *
     * @param weights each {@code [out, in]}, all of one type
     * @param biases to each weight its bias, or null
     * @return a result to each weight
     * @see #forward(Tensor, Tensor, Tensor)
     */
    public static List<Tensor> forward(Tensor x, List<Tensor> weights, List<@Nullable Tensor> biases) {
        DType dtype = DType.of(weights.getFirst().scalar_type());
        RowKernel kernel = Kernels.of(dtype);
        if (kernel == null) {
            throw new IllegalArgumentException("No kernel for " + dtype);
        }
        Tensor dense = x.contiguous();
        long inputs = dense.data_ptr().address();
        List<Product> products = weights.stream()
                .map(weight -> Product.of(kernel, dense.numel(), weight))
                .toList();
        int blocks = products.stream().mapToInt(Product::blocks).sum();
        Workers.run(torch.get_num_threads(), blocks, b -> {
            int rest = b;
            for (Product product : products) {
                if (rest < product.blocks) {
                    product.run(kernel, inputs, rest);
                    return;
                }
                rest -= product.blocks;
            }
        });
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            results.add(products.get(i).result(x, biases.get(i), dtype));
        }
        Reference.reachabilityFence(dense);
        Reference.reachabilityFence(weights);
        return results;
    }

    /** One map in blocks of rows, and the sums that it fills. */
    private record Product(long weight, int columns, int rows, int vectors, int perBlock, int blocks, float[] sums) {
        static Product of(RowKernel kernel, long inputs, Tensor weight) {
            int columns = Math.toIntExact(weight.size(1));
            int rows = Math.toIntExact(weight.size(0));
            int vectors = Math.toIntExact(inputs / columns);
            long rowBytes = (long) columns * kernel.weightBytes();
            // An odd number of groups, for the reason given in BFloat16Rows.
            int perBlock = (int) ((BLOCK_BYTES / rowBytes / RowKernel.MIN_ROWS) | 1) * RowKernel.MIN_ROWS;
            // A rest shorter than a group of rows goes to the last block.
            int blocks = Math.max(1, (rows + perBlock - RowKernel.MIN_ROWS) / perBlock);
            return new Product(
                    weight.data_ptr().address(), columns, rows, vectors, perBlock, blocks, new float[vectors * rows]);
        }

        void run(RowKernel kernel, long inputs, int block) {
            int to = block == blocks - 1 ? rows : (block + 1) * perBlock;
            kernel.rows(weight, columns, inputs, vectors, sums, rows, block * perBlock, to);
        }

        /** {@code [..., out]}: the sums plus the bias. */
        Tensor result(Tensor x, @Nullable Tensor bias, DType dtype) {
            if (bias != null) {
                add(bias, dtype);
            }
            long[] shape = Tensors.shape(x);
            shape[shape.length - 1] = rows;
            Tensor out = Tensors.empty(dtype, shape);
            FloatCopies.store(sums, sums.length, dtype, out.data_ptr().address());
            return out;
        }

        private void add(Tensor bias, DType dtype) {
            Tensor dense = Tensors.to(bias, dtype).contiguous();
            float[] add = FloatCopies.load(dense.data_ptr().address(), dtype, rows);
            Reference.reachabilityFence(dense);
            for (int v = 0; v < vectors; v++) {
                for (int r = 0; r < rows; r++) {
                    sums[v * rows + r] += add[r];
                }
            }
        }
    }
}
