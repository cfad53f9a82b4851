package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import java.util.Arrays;
import java.util.List;

/**
 * Prepares pictures for a vision encoder as the CLIP and LLaVA processors of {@code transformers} do with PIL: pad to a
 * square, resize, crop the centre, rescale, normalise, each as the checkpoint's configuration says. Safe for use by
 * several threads.
 */
public final class ImageProcessor implements PictureProcessor {
    private final ImageProcessorConfig config;

    private final PixelTable pixels;

    public ImageProcessor(ImageProcessorConfig config) {
        this.config = config;
        this.pixels = new PixelTable(Normalization.of(config));
    }

    public ImageProcessorConfig config() {
        return config;
    }

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        return PreparedPicture.whole(prepare(picture));
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        int[] size = {height, width};
        if (config.padToSquare()) {
            Arrays.fill(size, Math.max(width, height));
        }
        size = resized(size[1], size[0]);
        boolean crop = config.centerCrop();
        return List.of(new ViewSize(
                crop ? config.cropHeight() : size[0], crop ? config.cropWidth() : size[1], new Part.Whole()));
    }

    /** The picture as the encoder takes it. */
    public PreparedImage prepare(RgbImage original) {
        RgbImage square = config.padToSquare() ? padToSquare(original) : original;
        RgbImage resized = resize(square);
        boolean crop = config.centerCrop();
        int width = crop ? config.cropWidth() : resized.width();
        int height = crop ? config.cropHeight() : resized.height();
        Geometry geometry = new Geometry(
                original.width(),
                original.height(),
                width,
                height,
                (double) square.width() / resized.width(),
                (double) square.height() / resized.height(),
                Math.floorDiv(resized.width() - width, 2),
                Math.floorDiv(resized.height() - height, 2),
                (square.width() - original.width()) / 2,
                (square.height() - original.height()) / 2);
        return new PreparedImage(pixels.crop(resized, geometry), geometry, pixels.normalization(), new Part.Whole());
    }

    private RgbImage resize(RgbImage image) {
        if (config.size() instanceof ImageProcessorConfig.Size.AsIs) {
            return image;
        }
        int[] size = resized(image.width(), image.height());
        return Resizer.resize(image, size[1], size[0], config.resampling());
    }

    /** Height and width of a picture behind the resize. */
    private int[] resized(int width, int height) {
        return switch (config.size()) {
            case ImageProcessorConfig.Size.AsIs ignored -> new int[] {height, width};
            case ImageProcessorConfig.Size.Exact exact -> new int[] {exact.height(), exact.width()};
            case ImageProcessorConfig.Size.ShortestEdge shortest -> resizedShortest(width, height, shortest.edge());
        };
    }

    /** The longer side keeps the aspect ratio as well as whole pixels allow, rounded down. */
    private static int[] resizedShortest(int width, int height, int edge) {
        int shorter = Math.min(width, height);
        int longer = Math.max(width, height);
        int scaled = (int) ((double) ((long) edge * longer) / shorter);
        if ((long) edge * scaled > PictureReader.DEFAULT_MAX_PIXELS) {
            throw new PictureException("A picture of " + width + "x" + height
                    + " pixels is too elongated to be scaled to " + edge + " on its shorter side; crop it first");
        }
        return width <= height ? new int[] {scaled, edge} : new int[] {edge, scaled};
    }

    /** The picture in the middle of a square of the mean colour; an odd pixel goes to the right or the bottom. */
    private RgbImage padToSquare(RgbImage image) {
        int side = Math.max(image.width(), image.height());
        if (image.width() == image.height()) {
            return image;
        }
        RgbImage square = RgbImage.filled(side, side, meanByte(0), meanByte(1), meanByte(2));
        int left = (side - image.width()) / 2;
        int top = (side - image.height()) / 2;
        for (int y = 0; y < image.height(); y++) {
            System.arraycopy(
                    image.rgb(), 3 * y * image.width(), square.rgb(), 3 * ((top + y) * side + left), 3 * image.width());
        }
        return square;
    }

    private int meanByte(int channel) {
        return (int) (config.mean().get(channel) * 255);
    }
}
