package dev.fovea.core.model.gguf;

import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.gguf.GgufFile;
import dev.fovea.core.weights.gguf.GgufValue;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The description in a GGUF file, read with errors that name the file and the value. */
record GgufValues(GgufFile file) {

    boolean has(String key) {
        return file.value(key) != null;
    }

    /** Text that must be there. */
    String text(String key) {
        String text = textOrNull(key);
        if (text == null) {
            throw missing(key);
        }
        return text;
    }

    @Nullable
    String textOrNull(String key) {
        return switch (file.value(key)) {
            case null -> null;
            case GgufValue.Text(String text) -> text;
            case GgufValue other -> throw wrong(key, "a text");
        };
    }

    /** A whole number that must be there, from 0 to the largest of 31 bits. */
    int whole(String key) {
        Integer value = wholeOrNull(key);
        if (value == null) {
            throw missing(key);
        }
        return value;
    }

    @Nullable
    Integer wholeOrNull(String key) {
        return switch (file.value(key)) {
            case null -> null;
            case GgufValue.Whole(long n) when n >= 0 && n <= Integer.MAX_VALUE -> (int) n;
            case GgufValue other -> throw wrong(key, "a whole number from 0 to " + Integer.MAX_VALUE);
        };
    }

    @Nullable
    Double realOrNull(String key) {
        return switch (file.value(key)) {
            case null -> null;
            case GgufValue.Real(double value) when Double.isFinite(value) -> value;
            case GgufValue other -> throw wrong(key, "a number");
        };
    }

    boolean flag(String key, boolean fallback) {
        return switch (file.value(key)) {
            case null -> fallback;
            case GgufValue.Flag(boolean value) -> value;
            case GgufValue other -> throw wrong(key, "true or false");
        };
    }

    List<String> texts(String key) {
        return list(key, "a list of texts", v -> v instanceof GgufValue.Text(String text) ? text : null);
    }

    List<Integer> wholes(String key) {
        return list(
                key,
                "a list of whole numbers",
                v -> v instanceof GgufValue.Whole(long n) && n >= 0 && n <= Integer.MAX_VALUE
                        ? (Integer) (int) n
                        : null);
    }

    List<Double> reals(String key) {
        return list(key, "a list of numbers", v -> v instanceof GgufValue.Real(double x) ? (Double) x : null);
    }

    private <T> List<T> list(String key, String what, Function<GgufValue, @Nullable T> read) {
        GgufValue value = file.value(key);
        if (value == null) {
            throw missing(key);
        }
        if (!(value instanceof GgufValue.Many many)) {
            throw wrong(key, what);
        }
        return many.values().stream()
                .map(v -> {
                    T element = read.apply(v);
                    if (element == null) {
                        throw wrong(key, what);
                    }
                    return element;
                })
                .toList();
    }

    CheckpointException wrong(String key, String wanted) {
        return new CheckpointException(file.path() + ": '" + key + "' should be " + wanted
                + "; the file is corrupt or of a kind that Fovea does not know");
    }

    private CheckpointException missing(String key) {
        return new CheckpointException(file.path() + " does not say '" + key
                + "', without which its model cannot be built; get a file that llama.cpp's converter wrote");
    }
}
