package dev.fovea.core.kernel;

import java.lang.foreign.MemorySegment;

/** All of the process's memory as one segment: a constant, so that the compiler folds its bounds checks away. */
final class NativeMemory {
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private NativeMemory() {}
}
