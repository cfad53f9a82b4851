package dev.fovea.core.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * How many threads the operations use that one thread issues. OpenMP keeps that number for each thread by itself, so that
 * threads which work at the same time can share the cores, and one that works alone has them all; libtorch's own setting
 * is for the whole process, and too slow to be changed between two passes.
 *
 * <p>Used by the thread that made it. Where OpenMP's library is not found, nothing is changed.
 */
public final class OperationThreads {
    private static final @Nullable MethodHandle SET = set();

    private final int all;
    private int now;

    /** Of the calling thread, which has as many as libtorch was told to use. */
    public OperationThreads() {
        Natives.ensureLoaded();
        this.all = torch.get_num_threads();
        this.now = all;
    }

    /**
     * From now on this thread's operations use its share of the cores.
     *
     * @param users threads that work at the same time, this one included
     */
    public void shareWith(int users) {
        int share = Math.max(1, all / users);
        if (share != now && SET != null) {
            try {
                SET.invokeExact(share);
            } catch (Throwable e) {
                throw new IllegalStateException("Cannot set the threads of operations", e);
            }
            now = share;
        }
    }

    /** Runs something whose operations use the calling thread alone, one of several that share the work. */
    public static void alone(Runnable task) {
        OperationThreads operations = new OperationThreads();
        operations.shareWith(operations.all);
        try {
            task.run();
        } finally {
            operations.shareWith(1);
        }
    }

    @SuppressWarnings("restricted") // one function of OpenMP's interface, which takes a number
    private static @Nullable MethodHandle set() {
        Natives.ensureLoaded();
        return SymbolLookup.loaderLookup()
                .find("omp_set_num_threads")
                .map(address ->
                        Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)))
                .orElse(null);
    }
}
