package dev.fovea.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Puts standard error back. The JVM warns of incubating modules before {@code main}, and no option stops it; where the
 * launcher asks for such a module it keeps standard error under another number until Fovea runs.
 */
final class HiddenStart {
    private static final int STANDARD_ERROR = 2;

    private HiddenStart() {}

    /** Makes standard error what the launcher kept, for Java and native code alike. */
    @SuppressWarnings("restricted") // the launcher grants native access
    static void end() {
        Integer kept = Integer.getInteger("fovea.stderr");
        if (kept == null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        MemorySegment address = linker.defaultLookup().findOrThrow("dup2");
        MethodHandle dup2 = linker.downcallHandle(
                address, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            int result = (int) dup2.invokeExact(kept.intValue(), STANDARD_ERROR);
            if (result < 0) {
                throw new IllegalStateException("Standard error cannot be taken back from " + kept);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("Standard error cannot be taken back from " + kept, e);
        }
    }
}
