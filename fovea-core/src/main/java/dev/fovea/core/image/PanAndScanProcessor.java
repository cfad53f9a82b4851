package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prepares pictures as Gemma 3's processor does with PIL: the whole of each at one size whatever its aspect ratio and,
 * where the checkpoint asks for it, crops of elongated ones behind it, cut along the longer side ("pan and scan",
 * arXiv 2503.19786, section 2.1). Safe for use by several threads.
 */
public final class PanAndScanProcessor implements PictureProcessor {
    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5);
    private static final int MAX_SIDE = 16_384;

    /** Far more views of one picture than any context holds. */
    private static final int MAX_CROPS = 64;

    private final int width;
    private final int height;
    private final boolean cuts;
    private final int leastCrop;
    private final int mostCrops;
    private final double leastRatio;
    private final Resampling resampling;
    private final PixelTable pixels;

    private PanAndScanProcessor(ProcessorFile file) {
        int[] sides = file.sides("size", 224);
        this.height = sides[0];
        this.width = sides[1];
        this.cuts = file.flag("do_pan_and_scan", false);
        this.leastCrop = file.count("pan_and_scan_min_crop_size", 256, MAX_SIDE);
        this.mostCrops = file.count("pan_and_scan_max_num_crops", 4, MAX_CROPS);
        this.leastRatio = file.number("pan_and_scan_min_ratio_to_activate", 1.2);
        this.resampling = file.resampling(Resampling.BILINEAR);
        this.pixels = new PixelTable(file.normalization(HALF, HALF));
    }

    /**
     * Reads the processor of a checkpoint folder.
     *
     * @throws CheckpointException if there is none, or it is another model's, in one sentence
     */
    public static PanAndScanProcessor read(Path folder) {
        ProcessorFile file = ProcessorFile.read(folder);
        if (!file.kind("GEMMA3").equals("GEMMA3")) {
            throw new CheckpointException(file.name() + " asks for the image processor " + file.type("")
                    + ", but the model wants Gemma 3's; take the file that the model was published with");
        }
        if (!file.flag("do_resize", true)) {
            throw new CheckpointException(
                    file.name() + " asks for pictures as they are, but the model's encoder takes one size only;"
                            + " set do_resize to true");
        }
        return new PanAndScanProcessor(file);
    }

    /** How a picture is cut: no rows and columns where it is not. */
    private record Cut(int rows, int columns, int cropWidth, int cropHeight) {
        static final Cut NONE = new Cut(0, 0, 0, 0);
    }

    private Cut cut(int pictureWidth, int pictureHeight) {
        int longer = Math.max(pictureWidth, pictureHeight);
        int shorter = Math.min(pictureWidth, pictureHeight);
        double ratio = (double) longer / shorter;
        if (!cuts || ratio < leastRatio) {
            return Cut.NONE;
        }
        int wanted = Math.min(longer / leastCrop, (int) Math.floor(ratio + 0.5));
        int crops = Math.min(mostCrops, Math.max(2, wanted));
        int length = Math.ceilDiv(longer, crops);
        if (Math.min(length, shorter) < leastCrop || (crops - 1) * length >= longer) {
            return Cut.NONE;
        }
        return pictureWidth >= pictureHeight
                ? new Cut(1, crops, length, pictureHeight)
                : new Cut(crops, 1, pictureWidth, length);
    }

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        Cut cut = cut(picture.width(), picture.height());
        List<PreparedImage> views = parts(cut).stream()
                .map(part -> prepareView(picture, part, width, height))
                .toList();
        return new PreparedPicture(views, cut.rows, cut.columns);
    }

    @Override
    public List<ViewSize> views(int pictureWidth, int pictureHeight) {
        return parts(cut(pictureWidth, pictureHeight)).stream()
                .map(part -> new ViewSize(height, width, part))
                .toList();
    }

    /** The whole picture first. */
    private static List<Part> parts(Cut cut) {
        if (cut.rows == 0) {
            return List.of(new Part.Whole());
        }
        List<Part> parts = new ArrayList<>();
        parts.add(new Part.Overview());
        for (int i = 0; i < cut.rows * cut.columns; i++) {
            parts.add(new Part.Tile(i / cut.columns, i % cut.columns));
        }
        return parts;
    }

    @Override
    public PreparedImage prepareView(RgbImage picture, Part part, int viewWidth, int viewHeight) {
        RgbImage seen = picture;
        int x = 0;
        int y = 0;
        if (part instanceof Part.Tile tile) {
            Cut cut = cut(picture.width(), picture.height());
            x = tile.column() * cut.cropWidth;
            y = tile.row() * cut.cropHeight;
            // The last crop ends with the picture.
            seen = picture.cut(
                    x, y, Math.min(cut.cropWidth, picture.width() - x), Math.min(cut.cropHeight, picture.height() - y));
        }
        RgbImage resized = Resizer.resize(seen, viewWidth, viewHeight, resampling);
        Geometry own = Geometry.resized(seen, viewWidth, viewHeight);
        Geometry geometry = new Geometry(
                picture.width(), picture.height(), viewWidth, viewHeight, own.scaleX(), own.scaleY(), 0, 0, -x, -y);
        return new PreparedImage(pixels.crop(resized, own), geometry, pixels.normalization(), part);
    }
}
