package dev.fovea.core.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fovea.core.file.StrictJson;
import dev.fovea.core.layer.Activation;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One object of a {@code config.json}, read with errors that name the file and the key.
 *
 * @param file the file it came from
 * @param path where in the file, for example {@code text_config.}; empty at the top
 * @param node the object
 */
public record ModelConfig(Path file, String path, JsonNode node) {
    /**
     * Reads a file.
     *
     * @throws CheckpointException if it is missing or not a JSON object
     */
    public static ModelConfig read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException(file + " is missing; is " + file.getParent() + " the folder of a model?");
        }
        JsonNode node = StrictJson.read(file, CheckpointException::new);
        if (!node.isObject()) {
            throw new CheckpointException(file + " is not a JSON object; download it again");
        }
        return new ModelConfig(file, "", node);
    }

    public boolean has(String key) {
        return node.hasNonNull(key);
    }

    /** A nested object; empty if the key is missing, so that every value takes its default. */
    public ModelConfig child(String key) {
        JsonNode child = node.get(key);
        if (child == null || child.isNull()) {
            child = JsonNodeFactory.instance.objectNode();
        }
        if (!child.isObject()) {
            throw wrong(key, "an object", child);
        }
        return new ModelConfig(file, path + key + ".", child);
    }

    /** A whole number that must be there, above 0. */
    public int count(String key) {
        JsonNode value = present(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
            throw wrong(key, "a whole number above 0", value);
        }
        return value.intValue();
    }

    /** A whole number above 0, or the default. */
    public int count(String key, int fallback) {
        return has(key) ? count(key) : fallback;
    }

    /** Any whole number, or the default. */
    public int integer(String key, int fallback) {
        if (!has(key)) {
            return fallback;
        }
        JsonNode value = present(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrong(key, "a whole number", value);
        }
        return value.intValue();
    }

    /** A whole number, or null if the key is missing or null. */
    public @Nullable Integer integerOrNull(String key) {
        return has(key) ? (Integer) integer(key, 0) : null;
    }

    /** A finite number, or the default. */
    public double number(String key, double fallback) {
        if (!has(key)) {
            return fallback;
        }
        JsonNode value = present(key);
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw wrong(key, "a number", value);
        }
        return value.doubleValue();
    }

    /** A finite number above 0, or the default. */
    public double positive(String key, double fallback) {
        double value = number(key, fallback);
        if (value <= 0) {
            throw wrong(key, "a number above 0", value);
        }
        return value;
    }

    public String text(String key, String fallback) {
        if (!has(key)) {
            return fallback;
        }
        JsonNode value = present(key);
        if (!value.isTextual()) {
            throw wrong(key, "a text", value);
        }
        return value.textValue();
    }

    /** A named activation function, or the default. */
    public Activation activation(String key, String fallback) {
        try {
            return Activation.of(text(key, fallback));
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file + ": '" + path + key + "' cannot be used: " + e.getMessage(), e);
        }
    }

    public boolean flag(String key, boolean fallback) {
        if (!has(key)) {
            return fallback;
        }
        JsonNode value = present(key);
        if (!value.isBoolean()) {
            throw wrong(key, "true or false", value);
        }
        return value.booleanValue();
    }

    /** One whole number or a list of them, or the default. */
    public int[] integers(String key, int... fallback) {
        if (!has(key)) {
            return fallback;
        }
        JsonNode value = present(key);
        if (!value.isArray()) {
            return new int[] {integer(key, 0)};
        }
        int[] out = new int[value.size()];
        for (int i = 0; i < out.length; i++) {
            if (!value.get(i).isIntegralNumber() || !value.get(i).canConvertToInt()) {
                throw wrong(key, "a list of whole numbers", value);
            }
            out[i] = value.get(i).intValue();
        }
        return out;
    }

    /**
     * A text that, where it is given, must be one of these.
     *
     * @throws CheckpointException if it is another
     */
    public void require(String key, String... known) {
        String found = text(key, known[0]);
        if (!Arrays.asList(known).contains(found)) {
            throw unknown(key, found, Arrays.asList(known));
        }
    }

    /** An error about a value of this object. */
    public CheckpointException wrong(String key, String expected, Object value) {
        return new CheckpointException(
                file + ": '" + path + key + "' must be " + expected + ", got " + Printable.of(value));
    }

    /** An error about a kind of model or part that Fovea does not run. */
    public CheckpointException unknown(String key, String found, List<String> known) {
        String all = known.stream().map(k -> "'" + k + "'").collect(Collectors.joining(" or "));
        return new CheckpointException(file + ": '" + path + key + "' is '" + Printable.of(found)
                + "', but Fovea runs " + all + " here" + Suggest.nearest(found, known)
                + "; it opens models of known families in the Hugging Face layout");
    }

    private JsonNode present(String key) {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            throw new CheckpointException(file + " lacks '" + path + key + "'");
        }
        return value;
    }
}
