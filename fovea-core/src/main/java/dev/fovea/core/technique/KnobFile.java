package dev.fovea.core.technique;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Values of knobs in a JSON file, as a search leaves them: {@code {"technique": "vflowopt", "knobs": {"r0": "0.31"}}}.
 * Other entries say where the values come from and are not looked at. Named on a command line as {@code id:@file}.
 *
 * @param technique id of the technique
 * @param knobs the values, unchecked
 */
public record KnobFile(String technique, Map<String, String> knobs) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public KnobFile {
        knobs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(knobs));
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException with one sentence if it is missing or has another form
     */
    public static KnobFile read(Path file) {
        JsonNode root;
        try {
            root = JSON.readTree(Files.readString(file));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("The knob file " + file + " cannot be read; check its path.", e);
        }
        if (!root.path("technique").isTextual() || !root.path("knobs").isObject()) {
            throw new IllegalArgumentException(
                    file + " is not a knob file: it needs a \"technique\" and an object of \"knobs\".");
        }
        Map<String, String> knobs = new LinkedHashMap<>();
        root.path("knobs")
                .properties()
                .forEach(e -> knobs.put(e.getKey(), e.getValue().asText()));
        return new KnobFile(root.path("technique").asText(), knobs);
    }

    /**
     * The file's content.
     *
     * @param origin where the values come from, for people
     */
    public String json(Map<String, ?> origin) {
        ObjectNode root = JSON.createObjectNode();
        root.put("technique", technique);
        ObjectNode values = root.putObject("knobs");
        knobs.forEach(values::put);
        origin.forEach((key, value) -> root.set(key, JSON.valueToTree(value)));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
        } catch (JacksonException e) {
            throw new IllegalArgumentException("The origin of a knob file cannot be written as JSON", e);
        }
    }
}
