package dev.fovea.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.List;

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
    /** What pictures are resized to where a file says nothing. */
    private static final int SIDE = 224;

    static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);

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
     * Reads the configuration of a checkpoint folder.
     *
     * @throws CheckpointException if there is none, or it asks for something Fovea does not do, in one sentence
     */
    public static ImageProcessorConfig read(Path folder) {
        return of(ProcessorFile.read(folder));
    }

    /** The configuration in a processor's file. */
    public static ImageProcessorConfig of(ProcessorFile file) {
        boolean clip = kind(file) == Kind.CLIP;
        int[] crop = file.sides("crop_size", SIDE);
        List<Double> half = List.of(0.5, 0.5, 0.5);
        return new ImageProcessorConfig(
                file.flag("do_resize", true) ? size(file, clip) : new Size.AsIs(),
                file.resampling(kind(file) == Kind.VIT ? Resampling.BILINEAR : Resampling.BICUBIC),
                file.flag("do_center_crop", clip),
                crop[0],
                crop[1],
                file.flag("do_rescale", true),
                file.number("rescale_factor", 1 / 255.0),
                file.flag("do_normalize", true),
                file.triple("image_mean", clip ? CLIP_MEAN : half),
                file.triple("image_std", clip ? CLIP_STD : half),
                file.flag("do_pad", file.text("image_aspect_ratio", "").equals("pad")));
    }

    /** Defaults are those of the processor class that the file names. */
    private enum Kind {
        CLIP,
        SIGLIP,
        VIT
    }

    private static Kind kind(ProcessorFile file) {
        return switch (file.kind("CLIP")) {
            case "CLIP", "LLAVA" -> Kind.CLIP;
            case "SIGLIP" -> Kind.SIGLIP;
            case "VIT" -> Kind.VIT;
            default ->
                throw new CheckpointException(
                        file.name() + " asks for the image processor " + Printable.of(file.type(""))
                                + ", which Fovea does not have (it has those of CLIP, LLaVA 1.5, SigLIP and ViT)");
        };
    }

    private static Size size(ProcessorFile file, boolean keepsAspect) {
        JsonNode size = file.json().path("size");
        if (size.has("shortest_edge")) {
            return new Size.ShortestEdge(file.side(size.get("shortest_edge"), "size"));
        }
        if (size.isIntegralNumber() && keepsAspect) {
            return new Size.ShortestEdge(file.side(size, "size"));
        }
        if (size.isMissingNode() || size.isNull()) {
            return keepsAspect ? new Size.ShortestEdge(SIDE) : new Size.Exact(SIDE, SIDE);
        }
        int[] sides = file.sides("size", SIDE);
        return new Size.Exact(sides[0], sides[1]);
    }
}
