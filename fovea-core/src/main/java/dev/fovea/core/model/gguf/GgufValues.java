package dev.fovea.core.model.gguf;

import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.gguf.GgufFile;
import dev.fovea.core.weights.gguf.GgufValue;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The description in a GGUF file, read with errors that name the file and the value. */
record GgufValues(GgufFile file) {

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
        return optional(key, "a text", GgufValues::text);
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
        return optional(key, "a whole number from 0 to " + Integer.MAX_VALUE, GgufValues::whole);
    }

    @Nullable
    Double realOrNull(String key) {
        return optional(key, "a number", GgufValues::real);
    }

    boolean flag(String key, boolean fallback) {
        Boolean value =
                optional(key, "true or false", v -> v instanceof GgufValue.Flag flag ? (Boolean) flag.value() : null);
        return value == null ? fallback : value;
    }

    List<String> texts(String key) {
        return list(key, "a list of texts", GgufValues::text);
    }

    List<Integer> wholes(String key) {
        return list(key, "a list of whole numbers", GgufValues::whole);
    }

    List<Double> reals(String key) {
        return list(key, "a list of numbers", GgufValues::real);
    }

    private static @Nullable String text(GgufValue value) {
        return value instanceof GgufValue.Text text ? text.value() : null;
    }

    private static @Nullable Integer whole(GgufValue value) {
        return value instanceof GgufValue.Whole whole && whole.value() >= 0 && whole.value() <= Integer.MAX_VALUE
                ? (Integer) (int) whole.value()
                : null;
    }

    private static @Nullable Double real(GgufValue value) {
        return value instanceof GgufValue.Real real && Double.isFinite(real.value()) ? (Double) real.value() : null;
    }

    /** A value that may be missing, but not be of another kind. */
    private <T> @Nullable T optional(String key, String what, Function<GgufValue, @Nullable T> read) {
        GgufValue value = file.value(key);
        if (value == null) {
            return null;
        }
        T found = read.apply(value);
        if (found == null) {
            throw wrong(key, what);
        }
        return found;
    }

    /** How many entries a list has, which stay unread. */
    int size(String key) {
        return many(key, "a list").size();
    }

    private GgufValue.Many many(String key, String what) {
        GgufValue value = file.value(key);
        if (value == null) {
            throw missing(key);
        }
        if (!(value instanceof GgufValue.Many many)) {
            throw wrong(key, what);
        }
        return many;
    }

    private <T> List<T> list(String key, String what, Function<GgufValue, @Nullable T> read) {
        return many(key, what).values().stream()
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
