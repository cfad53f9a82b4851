package dev.fovea.core.learned;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.file.OutputFile;
import dev.fovea.core.file.StrictJson;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the weights of a technique came to be: {@code card.json} beside them.
 *
 * @param technique id of the technique
 * @param model name of the model that they were trained for
 * @param base tells that model's weights from others
 * @param recipe the command that trained them
 * @param data what they were trained on, in words
 * @param steps optimiser steps
 * @param minutes that training took
 * @param parameters number of values
 * @param bytes of the weights' file
 * @param knobs the knobs that they were trained with; they hold wherever these weights are used, unless set
 * @param figures what was measured at the end of training, by name
 */
public record TrainedCard(
        String technique,
        String model,
        String base,
        String recipe,
        String data,
        long steps,
        double minutes,
        long parameters,
        long bytes,
        Map<String, String> knobs,
        Map<String, Double> figures) {
    /** Its name. */
    public static final String FILE = "card.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    public TrainedCard {
        knobs = Collections.unmodifiableMap(new LinkedHashMap<>(knobs));
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    /**
     * Reads the card of a folder.
     *
     * @throws CheckpointException with one sentence if it is missing or is none
     */
    static TrainedCard read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            throw new CheckpointException(
                    folder + " has no " + FILE + ", which says what its weights are for; copy the folder as a whole");
        }
        JsonNode root = StrictJson.read(file, CheckpointException::new);
        Map<String, String> knobs = new LinkedHashMap<>();
        root.path("knobs")
                .properties()
                .forEach(e -> knobs.put(e.getKey(), e.getValue().asText()));
        Map<String, Double> figures = new LinkedHashMap<>();
        root.path("figures")
                .properties()
                .forEach(e -> figures.put(e.getKey(), e.getValue().asDouble()));
        return new TrainedCard(
                text(file, root, "technique"),
                text(file, root, "model"),
                text(file, root, "base"),
                root.path("recipe").asText(),
                root.path("data").asText(),
                root.path("steps").asLong(),
                root.path("minutes").asDouble(),
                root.path("parameters").asLong(),
                root.path("bytes").asLong(),
                knobs,
                figures);
    }

    private static String text(Path file, JsonNode root, String key) {
        @Nullable JsonNode value = root.get(key);
        if (value == null || !value.isTextual() || value.asText().isBlank()) {
            throw new CheckpointException(file + " does not say '" + key
                    + "', so it is not known what its weights are for; copy it again from where the weights came");
        }
        return value.asText();
    }

    /** Writes it beside its place and moves it there. */
    void write(Path folder) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.put("technique", technique)
                .put("model", model)
                .put("base", base)
                .put("recipe", recipe)
                .put("data", data)
                .put("steps", steps)
                .put("minutes", Math.round(minutes * 10) / 10.0)
                .put("parameters", parameters)
                .put("bytes", bytes);
        ObjectNode set = root.putObject("knobs");
        knobs.forEach(set::put);
        ObjectNode measured = root.putObject("figures");
        figures.forEach((name, value) -> measured.put(name, Math.round(value * 10_000) / 10_000.0));
        String text = Objects.requireNonNull(root).toPrettyString() + "\n";
        OutputFile.write(folder.resolve(FILE), file -> Files.writeString(file, text));
    }
}
