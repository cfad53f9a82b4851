package dev.fovea.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fovea.core.file.StrictJson;
import dev.fovea.core.message.Printable;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint says about preparing pictures: {@code preprocessor_config.json}, or the {@code image_processor} part
 * of {@code processor_config.json}, with values checked as they are asked for.
 *
 * @param json the object
 * @param name what to call it in messages
 */
public record ProcessorFile(JsonNode json, String name) {
    /** The largest side a configuration may ask for. */
    private static final int MAX_SIDE = 16_384;

    /**
     * Reads what a checkpoint folder holds.
     *
     * @throws CheckpointException if it holds neither file, or one that cannot be read, in one sentence
     */
    public static ProcessorFile read(Path folder) {
        Path own = folder.resolve("preprocessor_config.json");
        if (Files.exists(own)) {
            return new ProcessorFile(parse(own), own.toString());
        }
        Path shared = folder.resolve("processor_config.json");
        if (Files.exists(shared)) {
            JsonNode part = parse(shared).path("image_processor");
            if (part.isObject()) {
                return new ProcessorFile(part, shared.toString());
            }
        }
        throw new CheckpointException(
                folder
                        + " holds no preprocessor_config.json, which says how its model wants pictures; download the whole checkpoint");
    }

    private static JsonNode parse(Path path) {
        return StrictJson.read(path, CheckpointException::new);
    }

    /**
     * What the folder says about videos: {@code video_preprocessor_config.json}, or the {@code video_processor} part of
     * {@code processor_config.json}, or an empty object where it says nothing of its own.
     */
    ProcessorFile videos(Path folder) {
        Path own = folder.resolve("video_preprocessor_config.json");
        if (Files.exists(own)) {
            return new ProcessorFile(parse(own), own.toString());
        }
        Path shared = folder.resolve("processor_config.json");
        JsonNode part =
                Files.exists(shared) ? parse(shared).path("video_processor") : JsonNodeFactory.instance.objectNode();
        return new ProcessorFile(part.isObject() ? part : JsonNodeFactory.instance.objectNode(), shared.toString());
    }

    /** How bytes become numbers, with the processor's own means and deviations where the file names none. */
    Normalization normalization(List<Double> mean, List<Double> std) {
        boolean normalize = flag("do_normalize", true);
        return new Normalization(
                flag("do_rescale", true) ? number("rescale_factor", 1 / 255.0) : 1,
                normalize ? triple("image_mean", mean) : List.of(0.0, 0.0, 0.0),
                normalize ? triple("image_std", std) : List.of(1.0, 1.0, 1.0));
    }

    /** The processor class that the file names, or {@code fallback}. */
    public String type(String fallback) {
        return json.path("image_processor_type")
                .asText(json.path("feature_extractor_type").asText(fallback));
    }

    /** The class's name without its ending, in capitals: {@code CLIP}, {@code QWEN2VL}; or {@code fallback}. */
    public String kind(String fallback) {
        return type(fallback)
                .replaceFirst("(ImageProcessor|FeatureExtractor).*", "")
                .toUpperCase(Locale.ROOT);
    }

    public boolean flag(String key, boolean fallback) {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return fallback;
        }
        if (!node.isBoolean()) {
            throw wrong(key, node, "true or false");
        }
        return node.booleanValue();
    }

    public String text(String key, String fallback) {
        JsonNode node = json.path(key);
        if (!node.isMissingNode() && !node.isNull() && !node.isTextual()) {
            throw wrong(key, node, "a text");
        }
        return node.asText(fallback);
    }

    public double number(String key, double fallback) {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return fallback;
        }
        if (!node.isNumber() || !Double.isFinite(node.doubleValue()) || node.doubleValue() == 0) {
            throw wrong(key, node, "a number other than 0");
        }
        return node.doubleValue();
    }

    private CheckpointException wrong(String key, JsonNode found, String wanted) {
        return new CheckpointException(name + " has a " + key + " of " + Printable.of(found) + " instead of " + wanted);
    }

    /** A whole number of at least 1 under {@code key}, or {@code fallback}. */
    public long count(String key, long fallback) {
        JsonNode node = json.path(key);
        return node.isMissingNode() || node.isNull() ? fallback : count(node, key);
    }

    /**
     * A whole number from 1 to {@code most} under {@code key}, or {@code fallback}.
     *
     * @throws CheckpointException if it is anything else
     */
    int count(String key, int fallback, int most) {
        long count = count(key, fallback);
        if (count > most) {
            throw new CheckpointException(
                    name + " has a " + key + " of " + count + " instead of a whole number from 1 to " + most);
        }
        return (int) count;
    }

    /**
     * A whole number of at least 1.
     *
     * @throws CheckpointException if {@code node} is anything else
     */
    public long count(JsonNode node, String key) {
        if (!node.canConvertToLong() || !node.isIntegralNumber() || node.asLong() < 1) {
            throw new CheckpointException(
                    name + " has a " + key + " of " + Printable.of(node) + " instead of a whole number above 0");
        }
        return node.asLong();
    }

    /** Height and width, from an object or from one number for both. */
    public int[] sides(String key, int fallback) {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return new int[] {fallback, fallback};
        }
        if (node.isIntegralNumber()) {
            return new int[] {side(node, key), side(node, key)};
        }
        return new int[] {side(node.get("height"), key), side(node.get("width"), key)};
    }

    /** A number of pixels that a side may have. */
    public int side(@Nullable JsonNode node, String key) {
        if (node == null
                || !node.isIntegralNumber()
                || !node.canConvertToInt()
                || node.asInt() < 1
                || node.asInt() > MAX_SIDE) {
            throw new CheckpointException(name + " has a " + key + " of " + Printable.of(json.path(key))
                    + "; Fovea needs a shortest_edge, or a height and a width, between 1 and " + MAX_SIDE);
        }
        return node.asInt();
    }

    public Resampling resampling(Resampling fallback) {
        JsonNode node = json.path("resample");
        if (node.isMissingNode() || node.isNull()) {
            return fallback;
        }
        if (!node.isIntegralNumber() || node.asInt(-1) < 0 || node.asInt() > 5) {
            throw new CheckpointException(
                    name + " asks for the resampling filter " + Printable.of(node) + "; PIL numbers them 0 to 5");
        }
        return Resampling.of(node.asInt());
    }

    /** Three numbers, one a channel. */
    public List<Double> triple(String key, List<Double> fallback) {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return fallback;
        }
        List<Double> values = new ArrayList<>();
        node.forEach(v -> values.add(v.asDouble(Double.NaN)));
        if (values.size() != 3
                || values.stream().anyMatch(v -> !Double.isFinite(v) || (v == 0 && key.equals("image_std")))) {
            throw new CheckpointException(
                    name + " has an " + key + " of " + Printable.of(node) + " instead of three numbers");
        }
        return values;
    }
}
