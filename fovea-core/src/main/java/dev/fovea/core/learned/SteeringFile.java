package dev.fovea.core.learned;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.SafeTensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Steering vectors in a safetensors file: f32 tensors as the technique declares them, and as text who they are for and how
 * they came to be. A file may come from anywhere; it is held against the model and the technique before anything of it is
 * used.
 */
public final class SteeringFile {
    /** Its name beside a model, in the folder {@code techniques/ID}. */
    public static final String NAME = "vector.safetensors";

    private static final String FORMAT = "fovea-steering-1";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a header may add to the numbers themselves. */
    private static final long MOST_HEADER = 1 << 20;

    private SteeringFile() {}

    /**
     * What is written beside the vectors.
     *
     * @param technique its id
     * @param model name of the model that they are for
     * @param base tells that model's weights from others
     * @param layers of its language model
     * @param width channels of that
     * @param dtype in which the model worked when they were fitted
     * @param pairs that they were fitted to
     * @param recipe the command that fitted them
     * @param knobs with which they were fitted, and those that were found best; they hold wherever the file is used, unless
     *     set
     * @param figures means of what the pairs showed, by name
     */
    public record About(
            String technique,
            String model,
            String base,
            int layers,
            int width,
            String dtype,
            int pairs,
            String recipe,
            Map<String, String> knobs,
            Map<String, Double> figures) {
        public About {
            knobs = Collections.unmodifiableMap(new LinkedHashMap<>(knobs));
            figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        }
    }

    /** Vectors in memory, with the knobs that hold with them. */
    public record Loaded(OwnWeights weights, Knobs knobs, About about) {}

    /** The file of a technique beside a model. */
    public static Path beside(Path model, String technique) {
        return TechniqueFolder.beside(model, technique).path().resolve(NAME);
    }

    /** The file that was named with a technique, or else the one beside a model. */
    public static Path of(Path model, TechniqueSpec spec) {
        String named = spec.weights();
        return named == null ? beside(model, spec.id()) : Path.of(named);
    }

    /**
     * Writes vectors; the file is at all times the old one or the whole new one.
     *
     * @throws RuntimeException with one sentence if it cannot be written
     */
    public static void write(Path file, Map<String, Matrix> vectors, About about) {
        ObjectNode knobs = JSON.createObjectNode();
        about.knobs.forEach(knobs::put);
        ObjectNode figures = JSON.createObjectNode();
        about.figures.forEach(figures::put);
        Map<String, String> text = new TreeMap<>();
        text.put("format", FORMAT);
        text.put("technique", about.technique);
        text.put("model", about.model);
        text.put("base", about.base);
        text.put("layers", Integer.toString(about.layers));
        text.put("width", Integer.toString(about.width));
        text.put("dtype", about.dtype);
        text.put("pairs", Integer.toString(about.pairs));
        text.put("recipe", about.recipe);
        text.put("knobs", knobs.toString());
        text.put("figures", figures.toString());
        write(file, vectors, text);
    }

    /**
     * Writes matrices with text beside them; the file is at all times the old one or the whole new one.
     *
     * @throws RuntimeException with one sentence if it cannot be written
     */
    public static void write(Path file, Map<String, Matrix> matrices, Map<String, String> text) {
        try (Scope ignored = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            matrices.forEach((name, m) -> tensors.put(name, Tensors.of(m.data(), m.rows(), m.cols())));
            SafeTensorsWriter.write(file, tensors, text);
        }
    }

    /**
     * What a file says of itself; its vectors are not looked at.
     *
     * @throws CheckpointException with one sentence if it is none
     */
    public static About about(Path file) {
        try (Checkpoint checkpoint = open(file, Long.MAX_VALUE, "")) {
            return about(file, checkpoint);
        }
    }

    /**
     * Reads vectors, held against the model and what the technique declares.
     *
     * @param set knobs that were set, unchecked
     * @param base tells the model's weights from others, as {@link About#base}
     * @param fit the command that fits such vectors
     * @throws CheckpointException with one sentence if the file is missing, damaged, too large, or for something else
     * @throws IllegalArgumentException with one sentence if a knob is set that the file has settled otherwise, or does not fit
     */
    public static Loaded load(
            Path file,
            SteeringTechnique technique,
            ModelShape shape,
            Map<String, String> set,
            String base,
            String fit) {
        String id = technique.card().id();
        Declaration declared = technique.declaration(shape, Knobs.defaults(technique.card()));
        String other = "fit some for this model with '" + fit + "'";
        long most = Math.multiplyExact(declared.size(), (long) Float.BYTES) + MOST_HEADER;
        try (Checkpoint checkpoint = open(file, most, other);
                Scope ignored = Scope.inference()) {
            About about = about(file, checkpoint);
            if (!about.technique.equals(id)) {
                throw new CheckpointException("The steering vectors in " + file + " are those of technique '"
                        + Printable.of(about.technique) + "', not of '" + id + "'; " + other);
            }
            checkModel(file, about, shape, base, other);
            Map<String, Tensor> tensors = tensors(checkpoint, declared, other);
            return new Loaded(OwnWeights.copyOf(id, tensors), knobs(file, about, technique, set), about);
        }
    }

    private static Checkpoint open(Path file, long most, String other) {
        String end = other.isEmpty() ? "" : "; " + other;
        if (Files.isDirectory(file)) {
            throw new CheckpointException(file + " is a folder, not a file of steering vectors" + end);
        }
        try {
            if (!Files.exists(file)) {
                throw new CheckpointException(
                        "There are no steering vectors in " + file + ", no such file is there" + end);
            }
            if (Files.size(file) > most) {
                throw new CheckpointException(file + " has " + Files.size(file)
                        + " bytes, but steering vectors for this" + " model take at most " + most + end);
            }
        } catch (IOException e) {
            throw new CheckpointException(file + " cannot be read: " + e.getMessage(), e);
        }
        return Checkpoint.open(file);
    }

    private static About about(Path file, Checkpoint checkpoint) {
        Map<String, String> text = checkpoint.metadata();
        if (!FORMAT.equals(text.get("format"))) {
            throw new CheckpointException(file + " holds no steering vectors: its header does not say '" + FORMAT
                    + "'; name a file that 'fovea steer fit' wrote");
        }
        Map<String, String> knobs = new LinkedHashMap<>();
        json(file, text, "knobs")
                .properties()
                .forEach(e -> knobs.put(e.getKey(), e.getValue().asText()));
        Map<String, Double> figures = new LinkedHashMap<>();
        json(file, text, "figures")
                .properties()
                .forEach(e -> figures.put(e.getKey(), e.getValue().asDouble()));
        return new About(
                said(file, text, "technique"),
                said(file, text, "model"),
                said(file, text, "base"),
                number(file, text, "layers"),
                number(file, text, "width"),
                said(file, text, "dtype"),
                number(file, text, "pairs"),
                text.getOrDefault("recipe", ""),
                knobs,
                figures);
    }

    private static String said(Path file, Map<String, String> text, String key) {
        @Nullable String value = text.get(key);
        if (value == null || value.isBlank()) {
            throw new CheckpointException(file + " does not say '" + key
                    + "' of its steering vectors; take a file that 'fovea steer fit' wrote");
        }
        return value;
    }

    private static int number(Path file, Map<String, String> text, String key) {
        String value = said(file, text, key);
        if (!value.matches("[0-9]{1,9}")) {
            throw new CheckpointException(file + " says '" + Printable.of(value) + "' as the number of '" + key
                    + "'; take a file that 'fovea steer fit' wrote");
        }
        return Integer.parseInt(value);
    }

    private static JsonNode json(Path file, Map<String, String> text, String key) {
        String value = said(file, text, key);
        try {
            JsonNode node = JSON.readTree(value);
            if (node.isObject() && node.size() <= 100) {
                return node;
            }
        } catch (JacksonException e) {
            // Said below.
        }
        throw new CheckpointException(file + " says '" + Printable.of(value) + "' as '" + key
                + "', which is no JSON object of few entries; take a file that 'fovea steer fit' wrote");
    }

    private static void checkModel(Path file, About about, ModelShape shape, String base, String other) {
        if (about.layers != shape.decoderLayers() || about.width != shape.decoderWidth()) {
            throw new CheckpointException("The steering vectors in " + file + " are for a language model of "
                    + about.layers + " layers and " + about.width + " channels, but this one has "
                    + shape.decoderLayers() + " and " + shape.decoderWidth() + "; " + other);
        }
        if (!about.base.equals(base)) {
            throw new CheckpointException("The steering vectors in " + file + " were fitted to the model '"
                    + Printable.of(about.model) + "' as it was (" + Printable.of(about.base)
                    + "), but this model's weights are others (" + base + "); " + other);
        }
    }

    private static Map<String, Tensor> tensors(Checkpoint checkpoint, Declaration declared, String other) {
        Map<String, Tensor> tensors = new HashMap<>();
        for (Declaration.Parameter p : declared.parameters()) {
            if (!checkpoint.contains(p.name())
                    || !Arrays.equals(checkpoint.info(p.name()).sizes(), p.sizes())) {
                throw new CheckpointException(checkpoint.path() + " lacks the steering vectors '" + p.name()
                        + "' of shape " + Arrays.toString(p.sizes()) + "; " + other);
            }
            Tensor tensor = checkpoint.tensor(p.name());
            for (float v : Tensors.floats(tensor)) {
                if (!Float.isFinite(v)) {
                    throw new CheckpointException(checkpoint.path() + " holds a value in '" + p.name()
                            + "' that is no finite number; the file is damaged: " + other);
                }
            }
            tensors.put(p.name(), tensor);
        }
        if (checkpoint.names().size() != tensors.size()) {
            throw new CheckpointException(
                    checkpoint.path() + " holds more than the steering vectors of this technique; " + other);
        }
        return tensors;
    }

    private static Knobs knobs(Path file, About about, SteeringTechnique technique, Map<String, String> set) {
        try {
            Knobs.of(technique.card(), about.knobs);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file + " was fitted with knobs that do not fit: " + e.getMessage(), e);
        }
        Knobs wanted = Knobs.of(technique.card(), set);
        for (String knob : technique.settled()) {
            String fitted = about.knobs.get(knob);
            if (set.containsKey(knob) && fitted != null && !wanted.is(knob, fitted)) {
                throw new IllegalArgumentException("The steering vectors in " + file + " were fitted with " + knob + "="
                        + fitted + "; leave " + knob + "=" + set.get(knob)
                        + " out, or fit others with it.");
            }
        }
        Map<String, String> all = new LinkedHashMap<>(about.knobs);
        all.putAll(set);
        return Knobs.of(technique.card(), all);
    }
}
