package dev.fovea.core;

/**
 * How a {@link ContinuousBatch} shares a model.
 *
 * @param sequences most answers in the making at once
 * @param waiting most prompts that wait for a place; further ones are refused
 * @param prefillTokens how much is read between two tokens of the answers in the making: tokens of prompts, and patches
 *     of pictures, on their way through all layers of the language model and of the encoder
 * @param pictureBytes native memory for the features of pictures that may be asked about again; 0 keeps none
 * @param prefixBytes native memory for the caches of prompts that a next turn may go on from; 0 keeps none
 * @param workers threads that read prompts and answer them, each its own, with the cores shared between those that have
 *     something to do
 */
public record BatchOptions(
        int sequences, int waiting, int prefillTokens, long pictureBytes, long prefixBytes, int workers) {
    /** More threads than this would wait for each other. */
    static final int MOST_WORKERS = 64;

    public BatchOptions {
        if (sequences < 1 || waiting < 1 || prefillTokens < 1) {
            throw new IllegalArgumentException(
                    "A batch needs room for at least one answer, one prompt that waits and one token to read, not "
                            + sequences + ", " + waiting + " and " + prefillTokens + ".");
        }
        if (workers < 1 || workers > MOST_WORKERS) {
            throw new IllegalArgumentException("A batch has 1 to " + MOST_WORKERS + " workers, not " + workers + ".");
        }
        if (pictureBytes < 0 || prefixBytes < 0) {
            throw new IllegalArgumentException("The memory that a batch keeps cannot be below 0 bytes.");
        }
    }

    /** 32 answers at once, 256 waiting, 512 tokens between, 256 MiB for pictures and as much for prefixes, one thread. */
    public static BatchOptions defaults() {
        return new BatchOptions(32, 256, 512, 256L << 20, 256L << 20, 1);
    }

    public BatchOptions withSequences(int most) {
        return new BatchOptions(most, waiting, prefillTokens, pictureBytes, prefixBytes, workers);
    }

    public BatchOptions withWaiting(int most) {
        return new BatchOptions(sequences, most, prefillTokens, pictureBytes, prefixBytes, workers);
    }

    public BatchOptions withPrefillTokens(int most) {
        return new BatchOptions(sequences, waiting, most, pictureBytes, prefixBytes, workers);
    }

    /** With this much memory kept between requests. */
    public BatchOptions withKept(long pictures, long prefixes) {
        return new BatchOptions(sequences, waiting, prefillTokens, pictures, prefixes, workers);
    }

    /** With so many threads. */
    public BatchOptions withWorkers(int threads) {
        return new BatchOptions(sequences, waiting, prefillTokens, pictureBytes, prefixBytes, threads);
    }
}
