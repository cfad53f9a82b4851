package dev.fovea.core.model;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One object of a {@code config.json}, read with errors that name the file and the key.
 *
 * @param file the file it came from
 * @param path where in the file, for example {@code text_config.}; empty at the top
 * @param node the object
 */
public record ModelConfig(Path file, String path, JsonNode node) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Reads a file.
     *
     * @throws CheckpointException if it is missing or not a JSON object
     */
    public static ModelConfig read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException(file + " is missing; is " + file.getParent() + " the folder of a model?");
        }
        try {
            JsonNode node = JSON.readTree(file.toFile());
            if (node == null || !node.isObject()) {
                throw new CheckpointException(file + " is not a JSON object; download it again");
            }
            return new ModelConfig(file, "", node);
        } catch (JacksonException e) {
            throw new CheckpointException(
                    file + " is not valid JSON near line " + e.getLocation().getLineNr() + "; download it again", e);
        } catch (IOException e) {
            throw new CheckpointException(file + " cannot be read: " + Reasons.of(e), e);
        }
    }

    public boolean has(String key) {
        return node.hasNonNull(key);
    }

    /** A nested object; empty if the key is missing, so that every value takes its default. */
    public ModelConfig child(String key) {
        JsonNode child = node.get(key);
        boolean present = child != null && child.isObject();
        ObjectNode empty = JSON.createObjectNode();
        return new ModelConfig(file, path + key + ".", present ? child : empty);
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

    public double number(String key, double fallback) {
        if (!has(key)) {
            return fallback;
        }
        JsonNode value = present(key);
        if (!value.isNumber()) {
            throw wrong(key, "a number", value);
        }
        return value.doubleValue();
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
            if (!value.get(i).isIntegralNumber()) {
                throw wrong(key, "a list of whole numbers", value);
            }
            out[i] = value.get(i).intValue();
        }
        return out;
    }

    /** An error about a value of this object. */
    public CheckpointException wrong(String key, String expected, Object value) {
        return new CheckpointException(file + ": '" + path + key + "' must be " + expected + ", got " + value);
    }

    private JsonNode present(String key) {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            throw new CheckpointException(file + " lacks '" + path + key + "'");
        }
        return value;
    }
}
