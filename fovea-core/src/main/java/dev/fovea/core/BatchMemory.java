package dev.fovea.core;

import java.util.function.IntPredicate;

/** What the threads of a {@link ContinuousBatch} keep of earlier prompts, for those that come. */
record BatchMemory(KeptPictures pictures, KeptPrefixes prefixes) implements AutoCloseable {

    /** @param placeholder whether a token stands for a picture */
    static BatchMemory of(BatchOptions options, IntPredicate placeholder) {
        return new BatchMemory(
                new KeptPictures(options.pictureBytes()), new KeptPrefixes(options.prefixBytes(), placeholder));
    }

    @Override
    public void close() {
        pictures.close();
        prefixes.close();
    }
}
