package dev.fovea.core;

/**
 * How prompts share a machine.
 *
 * @param workers threads that read and answer prompts
 * @param joined tokens of prompts, and patches of their pictures, that one of them reads together
 */
record Sharing(int workers, int joined) {
    /** The products of a model up to this size are quicker for several prompts at once than for one after the other. */
    private static final long SMALL_BYTES = 64L << 20;

    /** Of a small model so many times what is read between two tokens; the reading pauses in between. */
    private static final int JOINED = 5;

    static Sharing of(BatchOptions options, long weightBytes) {
        long times = weightBytes <= SMALL_BYTES ? JOINED : 1;
        return new Sharing(options.workers(), (int) Math.min(Integer.MAX_VALUE, times * options.prefillTokens()));
    }
}
