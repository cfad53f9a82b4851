package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.gguf.GgufFile;
import dev.fovea.core.weights.gguf.GgufValue;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The description in a GGUF file, read with errors that name the file and the value.
 *
 * @param file what it is read from
 */
public record GgufValues(GgufFile file) {

    /** Text that must be there. */
    public String text(String key) {
        String text = textOrNull(key);
        if (text == null) {
            throw missing(key);
        }
        return text;
    }

    /** Text, or null if there is none of this name. */
    public @Nullable String textOrNull(String key) {
        return optional(key, "a text", GgufValues::text);
    }

    /** A whole number that must be there, from 0 to the largest of 31 bits. */
    public int whole(String key) {
        Integer value = wholeOrNull(key);
        if (value == null) {
            throw missing(key);
        }
        return value;
    }

    /** As {@link #whole}, or null if there is none of this name. */
    public @Nullable Integer wholeOrNull(String key) {
        return optional(key, "a whole number from 0 to " + Integer.MAX_VALUE, GgufValues::whole);
    }

    /** A finite number with a fraction, or null if there is none of this name. */
    public @Nullable Double realOrNull(String key) {
        return optional(key, "a number", GgufValues::real);
    }

    /** True or false, or the default. */
    public boolean flag(String key, boolean fallback) {
        Boolean value = optional(key, "true or false", GgufValues::flag);
        return value == null ? fallback : value;
    }

    /** A list of texts that must be there. */
    public List<String> texts(String key) {
        return list(key, "a list of texts", GgufValues::text);
    }

    /** A list of whole numbers that must be there, each as {@link #whole}. */
    public List<Integer> wholes(String key) {
        return list(key, "a list of whole numbers", GgufValues::whole);
    }

    /** A list of finite numbers that must be there. */
    public List<Double> reals(String key) {
        return list(key, "a list of numbers", GgufValues::real);
    }

    /** A list of what is true or false, which must be there. */
    public List<Boolean> flags(String key) {
        return list(key, "a list of true and false", GgufValues::flag);
    }

    /** Whether there is a value of this name. */
    public boolean has(String key) {
        return file.value(key) != null;
    }

    /**
     * Puts a number with a fraction into a configuration, if there is one, as its shortest decimal form in single
     * precision, which is what its author wrote.
     *
     * @param name in the configuration
     */
    public void number(String key, ObjectNode config, String name) {
        Double value = realOrNull(key);
        if (value != null) {
            config.put(name, shortest(value));
        }
    }

    /** The same for a list of numbers, which must be there. */
    public void numbers(String key, ObjectNode config, String name) {
        ArrayNode list = config.putArray(name);
        reals(key).forEach(value -> list.add(shortest(value)));
    }

    private static double shortest(double value) {
        return Double.parseDouble(Float.toString((float) value));
    }

    private static @Nullable Boolean flag(GgufValue value) {
        return value instanceof GgufValue.Flag flag ? (Boolean) flag.value() : null;
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

    /** An error about a value. */
    public CheckpointException wrong(String key, String wanted) {
        return new CheckpointException(file.path() + ": '" + key + "' should be " + wanted
                + "; the file is corrupt or of a kind that Fovea does not know");
    }

    private CheckpointException missing(String key) {
        return new CheckpointException(file.path() + " does not say '" + key
                + "', without which its model cannot be built; get a file that llama.cpp's converter wrote");
    }
}
