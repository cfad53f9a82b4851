package dev.fovea.core.kernel;

/**
 * A kernel's inner loop over a little memory: what is run until the JVM has compiled it.
 *
 * @param bytes of memory that a run reads or writes
 * @param loop given the address of so many bytes
 */
record Exercise(long bytes, Loop loop) {
    /** One run. */
    @FunctionalInterface
    interface Loop {
        void run(long memory);
    }
}
