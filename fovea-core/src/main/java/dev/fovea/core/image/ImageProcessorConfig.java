package dev.fovea.core.image;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.Reasons;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint's {@code preprocessor_config.json} says about preparing pictures.
 *
 * @param size to which size pictures are resized
 * @param resampling the filter of the resize
 * @param centerCrop whether the centre is cropped afterwards
 * @param cropHeight rows of the crop
 * @param cropWidth pixels in a row of the crop
 * @param rescale whether bytes are multiplied by {@code rescaleFactor}
 * @param rescaleFactor usually 1/255
 * @param normalize whether {@code mean} is taken off and the rest divided by {@code std}
 * @param mean red, green, blue
 * @param std red, green, blue
 * @param padToSquare whether pictures are first padded to a square with the mean colour (LLaVA's
 *     {@code image_aspect_ratio: pad})
 */
public record ImageProcessorConfig(
        Size size,
        Resampling resampling,
        boolean centerCrop,
        int cropHeight,
        int cropWidth,
        boolean rescale,
        double rescaleFactor,
        boolean normalize,
        List<Double> mean,
        List<Double> std,
        boolean padToSquare) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The largest side a configuration may ask for. */
    private static final int MAX_SIDE = 16_384;

    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);

    /** The size a picture is resized to. */
    public sealed interface Size {
        /** Not resized. */
        record AsIs() implements Size {}

        /** To exactly this size, whatever the aspect ratio. */
        record Exact(int height, int width) implements Size {}

        /** The shorter side to {@code edge}, the longer one in proportion. */
        record ShortestEdge(int edge) implements Size {}
    }

    public ImageProcessorConfig {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != 3 || std.size() != 3 || std.contains(0.0)) {
            throw new IllegalArgumentException(
                    "Normalising needs three means and three deviations other than 0, not " + mean + " and " + std);
        }
    }

    /** CLIP's own: shorter side to {@code side}, bicubic, centre crop, CLIP's mean and deviation. */
    public static ImageProcessorConfig clip(int side) {
        return new ImageProcessorConfig(
                new Size.ShortestEdge(side),
                Resampling.BICUBIC,
                true,
                side,
                side,
                true,
                1 / 255.0,
                true,
                CLIP_MEAN,
                CLIP_STD,
                false);
    }

    /** The same with or without padding to a square. */
    public ImageProcessorConfig withPadToSquare(boolean pad) {
        return new ImageProcessorConfig(
                size, resampling, centerCrop, cropHeight, cropWidth, rescale, rescaleFactor, normalize, mean, std, pad);
    }

    /**
     * Reads the configuration of a checkpoint folder: {@code preprocessor_config.json}, or the
     * {@code image_processor} part of {@code processor_config.json}.
     *
     * @throws CheckpointException if there is none, or it asks for something Fovea does not do, in one sentence
     */
    public static ImageProcessorConfig read(Path folder) {
        Path own = folder.resolve("preprocessor_config.json");
        if (Files.exists(own)) {
            return of(json(own), own.toString());
        }
        Path shared = folder.resolve("processor_config.json");
        if (Files.exists(shared)) {
            JsonNode part = json(shared).path("image_processor");
            if (part.isObject()) {
                return of(part, shared.toString());
            }
        }
        throw new CheckpointException(
                folder
                        + " holds no preprocessor_config.json, which says how its model wants pictures; download the whole checkpoint");
    }

    private static JsonNode json(Path path) {
        try {
            return JSON.readTree(Files.readString(path));
        } catch (JacksonException e) {
            throw new CheckpointException(
                    path + " is not valid JSON near line " + e.getLocation().getLineNr() + "; download it again", e);
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read: " + Reasons.of(e), e);
        }
    }

    /** The configuration in a JSON object; {@code name} is what to call it in messages. */
    public static ImageProcessorConfig of(JsonNode json, String name) {
        return new Reading(json, name).read();
    }

    /** Defaults are those of the processor class that the file names. */
    private enum Family {
        CLIP,
        SIGLIP,
        VIT
    }

    private record Reading(JsonNode json, String name) {
        ImageProcessorConfig read() {
            Family family = family();
            boolean clip = family == Family.CLIP;
            int side = 224;
            int[] crop = sides("crop_size", side);
            List<Double> half = List.of(0.5, 0.5, 0.5);
            return new ImageProcessorConfig(
                    flag("do_resize", true) ? size(clip, side) : new Size.AsIs(),
                    resampling(family == Family.VIT ? Resampling.BILINEAR : Resampling.BICUBIC),
                    flag("do_center_crop", clip),
                    crop[0],
                    crop[1],
                    flag("do_rescale", true),
                    json.path("rescale_factor").asDouble(1 / 255.0),
                    flag("do_normalize", true),
                    triple("image_mean", clip ? CLIP_MEAN : half),
                    triple("image_std", clip ? CLIP_STD : half),
                    flag("do_pad", json.path("image_aspect_ratio").asText("").equals("pad")));
        }

        private Family family() {
            String type = json.path("image_processor_type")
                    .asText(json.path("feature_extractor_type").asText("CLIPImageProcessor"));
            String kind =
                    type.replaceFirst("(ImageProcessor|FeatureExtractor).*", "").toUpperCase(Locale.ROOT);
            return switch (kind) {
                case "CLIP", "LLAVA" -> Family.CLIP;
                case "SIGLIP" -> Family.SIGLIP;
                case "VIT" -> Family.VIT;
                default ->
                    throw new CheckpointException(name + " asks for the image processor " + type
                            + ", which Fovea does not have (it has those of CLIP, LLaVA 1.5, SigLIP and ViT)");
            };
        }

        private Size size(boolean keepsAspect, int side) {
            JsonNode size = json.path("size");
            if (size.has("shortest_edge")) {
                return new Size.ShortestEdge(side(size.get("shortest_edge"), "size"));
            }
            if (size.isIntegralNumber() && keepsAspect) {
                return new Size.ShortestEdge(side(size, "size"));
            }
            if (size.isMissingNode() || size.isNull()) {
                return keepsAspect ? new Size.ShortestEdge(side) : new Size.Exact(side, side);
            }
            int[] sides = sides("size", side);
            return new Size.Exact(sides[0], sides[1]);
        }

        /** Height and width, from an object or from one number for both. */
        private int[] sides(String key, int fallback) {
            JsonNode node = json.path(key);
            if (node.isMissingNode() || node.isNull()) {
                return new int[] {fallback, fallback};
            }
            if (node.isIntegralNumber()) {
                return new int[] {side(node, key), side(node, key)};
            }
            return new int[] {side(node.get("height"), key), side(node.get("width"), key)};
        }

        private int side(@Nullable JsonNode node, String key) {
            if (node == null || !node.canConvertToInt() || node.asInt() < 1 || node.asInt() > MAX_SIDE) {
                throw new CheckpointException(name + " has a " + key + " of " + json.path(key)
                        + "; Fovea needs a shortest_edge, or a height and a width, between 1 and " + MAX_SIDE);
            }
            return node.asInt();
        }

        private Resampling resampling(Resampling fallback) {
            JsonNode node = json.path("resample");
            if (node.isMissingNode() || node.isNull()) {
                return fallback;
            }
            if (!node.isIntegralNumber() || node.asInt(-1) < 0 || node.asInt() > 5) {
                throw new CheckpointException(
                        name + " asks for the resampling filter " + node + "; PIL numbers them 0 to 5");
            }
            return Resampling.of(node.asInt());
        }

        private boolean flag(String key, boolean fallback) {
            return json.path(key).asBoolean(fallback);
        }

        private List<Double> triple(String key, List<Double> fallback) {
            JsonNode node = json.path(key);
            if (node.isMissingNode() || node.isNull()) {
                return fallback;
            }
            List<Double> values = new ArrayList<>();
            node.forEach(v -> values.add(v.asDouble(Double.NaN)));
            if (values.size() != 3 || values.stream().anyMatch(v -> v.isNaN())) {
                throw new CheckpointException(name + " has an " + key + " of " + node + " instead of three numbers");
            }
            return values;
        }
    }
}
