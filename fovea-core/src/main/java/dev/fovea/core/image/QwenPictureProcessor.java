package dev.fovea.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.path.Part;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prepares pictures and videos as Qwen2-VL's processors do with PIL: dynamic resolution in whole tokens
 * ({@link DynamicSize}), and videos in moments of as many frames as the encoder takes together. Safe for use by several
 * threads.
 */
public final class QwenPictureProcessor implements PictureProcessor {
    /** The published video processors' bounds, in pixels of a frame. */
    private static final long VIDEO_MIN_PIXELS = 128L * 28 * 28;

    private static final long VIDEO_MAX_PIXELS = 768L * 28 * 28;

    /** Those of Qwen3-VL's, in pixels of all frames. */
    private static final long WHOLE_VIDEO_MIN_PIXELS = 128L * 32 * 32;

    private static final long WHOLE_VIDEO_MAX_PIXELS = 768L * 32 * 32;

    private final DynamicSize pictures;
    private final DynamicSize videos;
    private final boolean framesTogether;
    private final boolean resize;
    private final int framesPerMoment;
    private final Resampling resampling;
    private final PixelTable pixels;

    private QwenPictureProcessor(ProcessorFile file, DynamicSize pictures, DynamicSize videos, boolean framesTogether) {
        this.pictures = pictures;
        this.videos = videos;
        this.framesTogether = framesTogether;
        this.resize = file.flag("do_resize", true);
        this.framesPerMoment = Math.toIntExact(file.count("temporal_patch_size", 2));
        this.resampling = file.resampling(Resampling.BICUBIC);
        this.pixels = new PixelTable(file.normalization(ImageProcessorConfig.CLIP_MEAN, ImageProcessorConfig.CLIP_STD));
    }

    /**
     * Reads the processor of a checkpoint folder; bounds stand under {@code size} or, in files of the first generation,
     * under {@code min_pixels} and {@code max_pixels}.
     *
     * @throws CheckpointException if there is none, or it is another model's, in one sentence
     */
    public static QwenPictureProcessor read(Path folder) {
        return read(folder, false);
    }

    /** As above, with bounds for videos that hold for all frames together, as Qwen3-VL has them. */
    public static QwenPictureProcessor ofWholeVideos(Path folder) {
        return read(folder, true);
    }

    private static QwenPictureProcessor read(Path folder, boolean framesTogether) {
        ProcessorFile file = ProcessorFile.read(folder);
        String kind = file.kind("QWEN2VL");
        if (!kind.startsWith("QWEN")) {
            throw new CheckpointException(file.name() + " asks for the image processor " + file.type("")
                    + ", but the model wants Qwen's; take the file that the model was published with");
        }
        long multiple = file.count("patch_size", 14) * file.count("merge_size", 2);
        return new QwenPictureProcessor(
                file,
                sizes(file, multiple, 56L * 56, 1280L * 28 * 28),
                framesTogether
                        ? sizes(file.videos(folder), multiple, WHOLE_VIDEO_MIN_PIXELS, WHOLE_VIDEO_MAX_PIXELS)
                        : sizes(file.videos(folder), multiple, VIDEO_MIN_PIXELS, VIDEO_MAX_PIXELS),
                framesTogether);
    }

    private static DynamicSize sizes(ProcessorFile file, long multiple, long least, long most) {
        JsonNode size = file.json().path("size");
        long min = size.has("shortest_edge") ? file.count(size.get("shortest_edge"), "size") : least;
        long max = size.has("longest_edge") ? file.count(size.get("longest_edge"), "size") : most;
        try {
            return new DynamicSize(
                    Math.toIntExact(multiple), file.count("min_pixels", min), file.count("max_pixels", max));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new CheckpointException(
                    file.name() + " asks for pictures of " + file.count("min_pixels", min) + " to "
                            + file.count("max_pixels", max) + " pixels in multiples of " + multiple
                            + ", which do not exist",
                    e);
        }
    }

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        DynamicSize.Size size = size(pictures, picture.width(), picture.height(), 0);
        return PreparedPicture.whole(view(List.of(picture), size, new Part.Whole()));
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        DynamicSize.Size size = size(pictures, width, height, 0);
        return List.of(new ViewSize(size.height(), size.width(), new Part.Whole()));
    }

    @Override
    public PreparedImage prepareView(RgbImage picture, Part part, int width, int height) {
        if (!(part instanceof Part.Whole)) {
            throw new IllegalArgumentException(NOT_RESIZED);
        }
        return new Stretching(resampling, pixels).view(picture, part, width, height);
    }

    /** Where frames do not fill the last moment, the last one is repeated. */
    @Override
    public PreparedPicture prepareVideo(List<RgbImage> frames, double framesPerSecond) {
        VideoFrames.require(frames, framesPerSecond);
        List<PreparedImage> moments = new ArrayList<>();
        RgbImage first = frames.getFirst();
        DynamicSize.Size size = size(videos, first.width(), first.height(), frames.size());
        for (int from = 0; from < frames.size(); from += framesPerMoment) {
            List<RgbImage> moment = new ArrayList<>();
            int last = from;
            for (int i = 0; i < framesPerMoment; i++) {
                last = Math.min(from + i, frames.size() - 1);
                moment.add(sameSize(first, frames.get(last)));
            }
            double middle = (from / framesPerSecond + last / framesPerSecond) / 2;
            Part part = new Part.Frame(from / framesPerMoment, framesPerMoment / framesPerSecond, middle);
            moments.add(view(moment, size, part));
        }
        return new PreparedPicture(moments, 0, 0);
    }

    private static RgbImage sameSize(RgbImage first, RgbImage frame) {
        if (frame.width() != first.width() || frame.height() != first.height()) {
            throw new PictureException("The frames of a video must have one size, but one of " + first.width() + "x"
                    + first.height() + " pixels is followed by one of " + frame.width() + "x" + frame.height());
        }
        return frame;
    }

    private PreparedImage view(List<RgbImage> frames, DynamicSize.Size size, Part part) {
        RgbImage first = frames.getFirst();
        Geometry geometry = Geometry.resized(first, size.width(), size.height());
        float[] values =
                new float[Math.multiplyExact(3 * frames.size(), Math.multiplyExact(size.width(), size.height()))];
        for (int i = 0; i < frames.size(); i++) {
            RgbImage frame = frames.get(i);
            RgbImage resized = resize ? Resizer.resize(frame, size.width(), size.height(), resampling) : frame;
            pixels.crop(resized, geometry, values, i, frames.size());
        }
        return new PreparedImage(values, geometry, pixels.normalization(), part);
    }

    /** @param frames of a video, or 0 for a picture */
    private DynamicSize.Size size(DynamicSize sizes, int width, int height, int frames) {
        if (resize) {
            return framesTogether && frames > 0
                    ? sizes.ofVideo(width, height, frames, framesPerMoment)
                    : sizes.of(width, height);
        }
        if (width % sizes.multiple() != 0 || height % sizes.multiple() != 0) {
            throw new PictureException("This model takes pictures as they are, with sides that are multiples of "
                    + sizes.multiple() + " pixels; one of " + width + "x" + height + " must be resized first");
        }
        return new DynamicSize.Size(width, height);
    }
}
