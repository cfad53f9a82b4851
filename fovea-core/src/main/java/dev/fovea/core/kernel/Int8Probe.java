package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;

/**
 * Whether weights of a shape are better packed for oneDNN or left as they lie, measured once per process and shape: by a
 * product of many rows, a prompt's, and some of one row, a token's, which loops read where they lie.
 * Processors without integer dot products add pairs of products in 16 bits, which do not hold them: where sums of the
 * largest codes come out wrong, weights stay as they are.
 */
final class Int8Probe {
    private static final long ROWS = 128;
    private static final int RUNS = 3;

    /** Tokens of an answer for every {@link #ROWS} rows of prompts. */
    private static final int TOKENS = 8;

    private static final long LARGEST = 127;

    /** A product so small that even plain loops end at once, and how much slower a kernel may be there to be looked at. */
    private static final long SMALL = 256;

    private static final int SMALL_ROWS = 16;
    private static final int HOPELESS = 8;

    private static final Map<List<Long>, Boolean> PACKS = new ConcurrentHashMap<>();

    private Int8Probe() {}

    /** Asked once, by the first who wants to know. */
    private static final class Kernel {
        static final boolean THERE = kernelIsThere();
    }

    /** Whether weights {@code [out, in]} are to be packed. */
    static boolean packs(long out, long in) {
        return PACKS.computeIfAbsent(
                List.of(Math.min(out, BestTime.WIDEST), Math.min(in, BestTime.WIDEST)), Int8Probe::isFaster);
    }

    /** Whether packed weights of this shape can be multiplied at all: exactly, and not by loops of a reference. */
    static boolean usable(long out, long in) {
        return Kernel.THERE && exact(out, in);
    }

    /**
     * Where oneDNN has no kernel for a processor (AMX hidden from a virtual machine, for one), it multiplies by loops a
     * thousand times slower: a probe of the real shapes would take minutes to say so.
     */
    private static boolean kernelIsThere() {
        try (Scope ignored = Scope.inference()) {
            Products p = new Products(SMALL, SMALL);
            Tensor some = p.many.narrow(0, 0, SMALL_ROWS);
            return BestTime.nanos(RUNS, () -> p.packed(some)) < HOPELESS * BestTime.nanos(RUNS, () -> p.plain(some));
        } catch (RuntimeException e) {
            return false; // a libtorch without oneDNN
        }
    }

    /** Whether sums of products of packed weights of this shape are those of whole numbers. */
    private static boolean exact(long out, long in) {
        try (Scope ignored = Scope.inference()) {
            Products products = new Products(out, in);
            return products.packed(products.many).equal(Tensors.to(products.plain(products.many), DType.F32));
        } catch (RuntimeException e) {
            return false; // a libtorch without oneDNN
        }
    }

    private static boolean isFaster(List<Long> shape) {
        if (!usable(shape.get(0), shape.get(1))) {
            return false;
        }
        try (Scope ignored = Scope.inference()) {
            Products p = new Products(shape.get(0), shape.get(1));
            long packed =
                    BestTime.nanos(RUNS, () -> p.packed(p.many)) + TOKENS * BestTime.nanos(RUNS, () -> p.packed(p.one));
            return packed < BestTime.nanos(RUNS, () -> p.plain(p.many)) + TOKENS * p.nanosOfOneWhereTheyLie();
        }
    }

    /** The same product both ways. */
    private static final class Products {
        final Tensor many;
        final Tensor one;
        private final Tensor weights;
        private final Tensor packed;
        private final Tensor scales;
        private final Tensor zeros;

        Products(long out, long in) {
            weights = largest(out, in);
            packed = Operators.pack(weights);
            many = largest(ROWS, in);
            one = many.narrow(0, 0, 1);
            scales = Tensors.full(1, DType.F32, out);
            zeros = Tensors.zeros(DType.I32, out);
        }

        Tensor packed(Tensor x) {
            return Operators.multiplyPacked(x, packed, scales, zeros);
        }

        Tensor plain(Tensor x) {
            return Operators.multiply(x, weights.t());
        }

        /** By the loops that a token's product is made of, where this JVM has them. */
        long nanosOfOneWhereTheyLie() {
            RowMap map = Kernels.widens() && scales.size(0) >= RowKernel.MIN_ROWS
                    ? new RowMap.Codes8(weights, Tensors.floats(scales), null, DType.F32)
                    : null;
            if (map == null || !map.ready()) {
                return BestTime.nanos(RUNS, () -> plain(one));
            }
            return RowMaps.nanosOfOne(map, RUNS);
        }
    }

    /** Codes of either sign, all as large as can be, for half a row of one sign at a time. */
    private static Tensor largest(long rows, long columns) {
        Tensor codes = Tensors.full(LARGEST, DType.I8, rows, columns);
        codes.narrow(0, 0, rows / 2).narrow(1, 0, columns / 2).neg_();
        return codes;
    }
}
