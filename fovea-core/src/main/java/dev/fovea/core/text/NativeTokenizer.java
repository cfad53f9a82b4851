package dev.fovea.core.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** A tokenizer of the native library. Many may use it at once, and it goes only when none does. */
final class NativeTokenizer implements AutoCloseable {
    private final TokenizersLibrary library;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private long handle;

    /** @param json a checked {@code tokenizer.json} */
    NativeTokenizer(TokenizersLibrary library, String json) {
        this.library = library;
        this.handle = library.createTokenizerFromString(json);
        library.disableTruncation(handle);
        library.disablePadding(handle);
    }

    /** Part of the encoding of a text without halves of characters. */
    <T> T encode(String text, boolean addSpecialTokens, BiFunction<TokenizersLibrary, Long, T> part) {
        return use(() -> {
            long encoding = library.encode(handle, text, addSpecialTokens);
            try {
                return part.apply(library, encoding);
            } finally {
                library.deleteEncoding(encoding);
            }
        });
    }

    String decode(long[] ids, boolean skipSpecialTokens) {
        return use(() -> library.decode(handle, ids, skipSpecialTokens));
    }

    private <T> T use(Supplier<T> call) {
        lock.readLock().lock();
        try {
            if (handle == 0) {
                throw new IllegalStateException("The tokenizer has been closed");
            }
            return call.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (handle != 0) {
                library.deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
