package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The kernels that this JVM can run, and whether each has been compiled. */
final class Kernels {
    /**
     * Activations of narrower models stay with libtorch: their passes are nothing, and loops would have to be compiled in a
     * time that counts. It depends on the model alone, so that a token gets the same bits whoever is in the pass with it.
     */
    static final long MIN_WIDTH = 128;

    private static final int ROWS = 256;

    /** Something for every loop of a kernel to do, down to the columns that fill no vector. */
    private static final int COLUMNS = 512 + 32 + 9;

    private static final boolean VECTORS = offered();
    private static final Map<DType, RowKernel> BY_TYPE = available();
    private static final Map<Variant, CompletableFuture<Boolean>> STARTED = new ConcurrentHashMap<>();

    private Kernels() {}

    /** What is compiled by itself: a loop, or a kernel's products or sums. */
    private record Variant(Object code, boolean sums) {}

    /** The kernel for weights of this type, or null where libtorch must do. */
    static @Nullable RowKernel of(DType dtype) {
        return BY_TYPE.get(dtype);
    }

    /** Begins to compile a kernel's products in the background, if nobody did. */
    static void prepare(RowKernel kernel) {
        started(new Variant(kernel, false), () -> products(kernel));
    }

    /** The same for its sums of rows. */
    static void prepareSums(RowKernel kernel) {
        started(new Variant(kernel, true), () -> sums(kernel));
    }

    /** Begins to compile a loop in the background, if nobody did. */
    static void prepare(Exercise exercise) {
        started(new Variant(exercise, false), () -> exercise);
    }

    /**
     * Whether a kernel's products may be used. Waits for the compiler if need be: what a model answers must not depend on how
     * far the compiler was.
     */
    static boolean multiplies(RowKernel kernel) {
        return started(new Variant(kernel, false), () -> products(kernel)).join();
    }

    /** Whether a kernel's sums of rows may be used, in the same way. */
    static boolean weighs(RowKernel kernel) {
        return started(new Variant(kernel, true), () -> sums(kernel)).join();
    }

    /** Whether this JVM has vectors. Classes that use them must not be touched where it has none. */
    static boolean vectors() {
        return VECTORS;
    }

    /** Whether vectors are wide enough for a byte to each lane of an f32 vector: no species is narrower than 64 bits. */
    static boolean widens() {
        return VECTORS && BFloat16Lanes.LANES >= Long.BYTES;
    }

    /** Whether a loop may be used, in the same way. */
    static boolean ready(Exercise exercise) {
        return started(new Variant(exercise, false), () -> exercise).join();
    }

    /** Asked for every product of a pass, so an exercise is only made when it is new. */
    private static CompletableFuture<Boolean> started(Variant variant, Supplier<Exercise> exercise) {
        CompletableFuture<Boolean> known = STARTED.get(variant);
        return known != null ? known : STARTED.computeIfAbsent(variant, v -> Warmup.start(exercise.get()));
    }

    private static Exercise products(RowKernel kernel) {
        float[] out = new float[ROWS];
        return new Exercise(
                (long) ROWS * COLUMNS * kernel.weightBytes(),
                memory -> kernel.rows(memory, COLUMNS, memory, 1, out, ROWS, 0, ROWS));
    }

    private static Exercise sums(RowKernel kernel) {
        float[] shares = new float[ROWS];
        float[] out = new float[COLUMNS];
        return new Exercise(
                (long) ROWS * COLUMNS * kernel.weightBytes(),
                memory -> kernel.weigh(memory, COLUMNS, shares, ROWS, out));
    }

    /** The module is an incubating one: a JVM offers it only when asked with {@code --add-modules}. */
    private static boolean offered() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    }

    private static Map<DType, RowKernel> available() {
        Map<DType, RowKernel> kernels = new EnumMap<>(DType.class);
        if (VECTORS) {
            kernels.put(DType.F32, new FloatRows());
            kernels.put(DType.BF16, new BFloat16Rows());
        }
        return kernels;
    }
}
