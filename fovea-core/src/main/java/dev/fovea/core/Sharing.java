package dev.fovea.core;

/**
 * How prompts share a machine, by the size of their model.
 *
 * @param workers threads that read and answer prompts
 * @param joined tokens of prompts, and patches of their pictures, that one of them reads together
 */
record Sharing(int workers, int joined) {
    /**
     * The products of a model up to this size are too small to be shared by cores without most of the time going into
     * waking them, or to be quick for a single prompt; and its weights are read from caches, which several workers do not
     * take from each other.
     */
    private static final long SMALL_BYTES = 64L << 20;

    /** More workers divide the answers, and so what the answers of one share. */
    private static final int MOST_WORKERS = 8;

    /** Of a small model so many times what is read between two tokens; the reading pauses in between. */
    private static final int JOINED = 5;

    static Sharing of(BatchOptions options, long weightBytes) {
        boolean small = weightBytes <= SMALL_BYTES;
        int cores = Runtime.getRuntime().availableProcessors();
        int workers = small ? Math.min(cores, MOST_WORKERS) : 1;
        return new Sharing(options.workers() > 0 ? options.workers() : workers, (int)
                Math.min(Integer.MAX_VALUE, (small ? JOINED : 1L) * options.prefillTokens()));
    }
}
