package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The kernels that this JVM can run, and whether each has been compiled. */
final class Kernels {
    private static final Map<DType, RowKernel> BY_TYPE = available();
    private static final Map<Variant, CompletableFuture<Boolean>> STARTED = new ConcurrentHashMap<>();

    private Kernels() {}

    private record Variant(RowKernel kernel, int vectors) {}

    /** The kernel for weights of this type, or null where libtorch must do. */
    static @Nullable RowKernel of(DType dtype) {
        return BY_TYPE.get(dtype);
    }

    /** Begins to compile a kernel for one vector in the background, if nobody did. */
    static void prepare(RowKernel kernel) {
        started(kernel, 1);
    }

    /**
     * Whether a kernel may be used for so many vectors. Waits for the compiler if need be: what a model answers must not
     * depend on how far the compiler was.
     */
    static boolean ready(RowKernel kernel, int vectors) {
        return started(kernel, vectors).join();
    }

    private static CompletableFuture<Boolean> started(RowKernel kernel, int vectors) {
        Variant key = new Variant(kernel, vectors);
        CompletableFuture<Boolean> known = STARTED.get(key);
        return known != null ? known : STARTED.computeIfAbsent(key, v -> Warmup.start(v.kernel(), v.vectors()));
    }

    /** The module is an incubating one: a JVM offers it only when asked with {@code --add-modules}. */
    private static Map<DType, RowKernel> available() {
        Map<DType, RowKernel> kernels = new EnumMap<>(DType.class);
        boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        if (vectors && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            kernels.put(DType.F32, new FloatRows());
            kernels.put(DType.BF16, new BFloat16Rows());
        }
        return kernels;
    }
}
