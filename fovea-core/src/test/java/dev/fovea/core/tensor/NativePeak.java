package dev.fovea.core.tensor;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The most memory that the C library had given out while something ran, which is where libtorch's tensors come from: the
 * Java heap has no part in it. Looks every millisecond, so what is there for less may be missed; what the test is after
 * takes longer to fill. Needs glibc's {@code mallinfo2}.
 */
public final class NativePeak {
    /** Of ten numbers: what is given out from the heap, and in mappings of its own. */
    private static final int HEAP = 7;

    private static final int MAPPED = 4;

    /** Milliseconds in which the memory behind collected objects is given back. */
    private static final int SETTLING = 20;

    private NativePeak() {}

    /** Bytes above what was given out before. */
    public static long during(Runnable work) {
        settle();
        long before = inUse();
        AtomicLong most = new AtomicLong(before);
        AtomicBoolean going = new AtomicBoolean(true);
        Thread watch = Thread.ofPlatform().daemon().start(() -> {
            while (going.get()) {
                most.accumulateAndGet(inUse(), Math::max);
                try {
                    Thread.sleep(1);
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        try {
            work.run();
            // Quick work may be over before the watch looks once.
            most.accumulateAndGet(inUse(), Math::max);
        } finally {
            going.set(false);
            watch.interrupt();
        }
        return most.get() - before;
    }

    /** What earlier tests forgot to close goes with its garbage now, and not while something is measured. */
    private static void settle() {
        long before = Long.MAX_VALUE;
        for (long now = inUse(); now < before; now = inUse()) {
            before = now;
            System.gc();
            try {
                Thread.sleep(SETTLING);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static long inUse() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = (MemorySegment) Function.MALLINFO2.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(ValueLayout.JAVA_LONG, HEAP) + info.getAtIndex(ValueLayout.JAVA_LONG, MAPPED);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Function {
        static final MethodHandle MALLINFO2 = find();

        private static MethodHandle find() {
            Linker linker = Linker.nativeLinker();
            MemorySegment function = linker.defaultLookup().find("mallinfo2").orElse(null);
            assumeTrue(function != null, "native memory is asked of glibc's mallinfo2");
            MemoryLayout ten = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));
            return linker.downcallHandle(function, FunctionDescriptor.of(ten));
        }
    }
}
