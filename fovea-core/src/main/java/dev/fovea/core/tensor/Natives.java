package dev.fovea.core.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Loads libtorch once, with the process environment it needs.
 *
 * <p>libtorch, OpenBLAS and the autograd engine each bring an OpenMP pool. Idle workers that spin steal the cores from
 * the pool that has work: on two cores a training step went from 7.0 s to 3.9 s once they sleep instead. libgomp reads
 * {@code OMP_WAIT_POLICY} when it is loaded, so it must be in the environment before; an application that embeds Fovea
 * gets it here, through {@code setenv}, unless it already chose a policy.
 *
 * <p>libtorch's attention kernel and batched products run many small OpenBLAS products on its own threads. OpenBLAS must
 * not split each of them once more over threads that wait for each other: on two busy cores one attention layer of 640
 * tokens and 32 heads of 128 went from 10 s to 0.2 s with {@code OPENBLAS_NUM_THREADS=1}, and large linear layers, which
 * do not go through OpenBLAS's threads, kept their speed.
 *
 * <p>A layer's results are some tens of megabytes, freed as soon as the next layer has read them. glibc would hand them
 * back to the system each time, and the system would clear every page anew: on a model of 7B that was 6 % of prefill.
 * So glibc is told, with {@code mallopt}, to keep up to {@value #KEPT_BYTES} freed bytes, unless {@code
 * MALLOC_TRIM_THRESHOLD_} or {@code MALLOC_MMAP_THRESHOLD_} are in the environment.
 */
public final class Natives {
    /** Freed memory that the process keeps for the next tensor. */
    private static final int KEPT_BYTES = 256 << 20;

    /** Larger tensors are mapped and unmapped one by one. */
    private static final int MAPPED_BYTES = 64 << 20;

    /** Names of the two settings in {@code malloc.h}. */
    private static final int M_TRIM_THRESHOLD = -1;

    private static final int M_MMAP_THRESHOLD = -3;

    private static final boolean LOADED = load();

    private Natives() {}

    /** Makes sure that libtorch is loaded; cheap after the first call. */
    public static void ensureLoaded() {
        if (!LOADED) {
            throw new IllegalStateException("libtorch is not loaded");
        }
    }

    /** Sets the number of threads of one operation (OpenMP); at least 1. */
    public static void setThreads(int threads) {
        ensureLoaded();
        torch.set_num_threads(Math.max(1, threads));
    }

    /**
     * Hands memory that is free but lies between what is used back to the system, where the C library can. For work that
     * goes on for hours with tensors of ever other sizes: training held ten times what it needed after 300 steps.
     */
    public static void trim() {
        ensureLoaded();
        MethodHandle trim = ofTheCLibrary("malloc_trim", ValueLayout.JAVA_LONG);
        if (trim == null) {
            return;
        }
        try {
            int ignored = (int) trim.invokeExact(0L);
        } catch (Throwable e) {
            throw new IllegalStateException("Cannot tell the C library to hand memory back", e);
        }
    }

    private static boolean load() {
        if (System.getenv("OMP_WAIT_POLICY") == null) {
            setenv("OMP_WAIT_POLICY", "PASSIVE");
        }
        if (System.getenv("OPENBLAS_NUM_THREADS") == null) {
            setenv("OPENBLAS_NUM_THREADS", "1");
        }
        if (System.getenv("MALLOC_TRIM_THRESHOLD_") == null && System.getenv("MALLOC_MMAP_THRESHOLD_") == null) {
            mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
            mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
        }
        // JavaCPP refuses to go on once the process holds three times the Java heap. Mapped weights count as held, so
        // a large model would fail for no reason; scopes free native memory here, not the collector.
        unlessSet("org.bytedeco.javacpp.maxBytes", "0");
        unlessSet("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        // Extracting natives is logged by JavaCPP on stderr only when asked for; keep the terminal ours.
        Loader.load(torch.class);
        return true;
    }

    private static void unlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static void setenv(String name, String value) {
        MethodHandle setenv = ofTheCLibrary("setenv", ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
        if (setenv == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(name);
            MemorySegment text = arena.allocateFrom(value);
            int ignored = (int) setenv.invokeExact(key, text, 0);
        } catch (Throwable e) {
            throw new IllegalStateException("Cannot set " + name + " in the process environment", e);
        }
    }

    private static void mallopt(int setting, int value) {
        MethodHandle mallopt = ofTheCLibrary("mallopt", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        if (mallopt == null) {
            return;
        }
        try {
            int ignored = (int) mallopt.invokeExact(setting, value);
        } catch (Throwable e) {
            throw new IllegalStateException("Cannot tell the C library how much memory to keep", e);
        }
    }

    /** A function that returns an int, or null where the C library has none of that name: then nothing is set. */
    private static @Nullable MethodHandle ofTheCLibrary(String name, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find(name)
                .map(address -> linker.downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments)))
                .orElse(null);
    }
}
