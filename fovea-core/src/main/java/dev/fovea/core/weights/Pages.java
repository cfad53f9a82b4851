package dev.fovea.core.weights;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** What the operating system is told of mapped pages. */
final class Pages {
    /** The largest page that a mapped file has on the systems that Fovea runs on. */
    private static final long PAGE = 1 << 16;

    /** The number of this advice in {@code sys/mman.h}, the same on Linux and macOS. */
    private static final int MADV_DONTNEED = 4;

    private static final @Nullable MethodHandle MADVISE = madvise();

    private Pages() {}

    /** Takes the whole pages in here out of the process's memory, where the system has a call for that. */
    static void forget(MemorySegment mapped) {
        long first = (mapped.address() + PAGE - 1) / PAGE * PAGE;
        long end = (mapped.address() + mapped.byteSize()) / PAGE * PAGE;
        if (MADVISE == null || end <= first) {
            return;
        }
        try {
            // Advice: where it is refused, the pages stay, and nothing is wrong.
            int ignored =
                    (int) MADVISE.invokeExact(mapped.asSlice(first - mapped.address()), end - first, MADV_DONTNEED);
        } catch (Throwable e) {
            throw new IllegalStateException("madvise cannot be called", e);
        }
    }

    @SuppressWarnings("restricted") // a call of the C library whose arguments are checked above
    private static @Nullable MethodHandle madvise() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("madvise")
                .map(call -> linker.downcallHandle(
                        call,
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT)))
                .orElse(null);
    }
}
