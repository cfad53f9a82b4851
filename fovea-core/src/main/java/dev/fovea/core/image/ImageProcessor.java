package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import java.util.ArrayList;
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
    public PreparedImage prepareView(RgbImage picture, Part part, int width, int height) {
        return prepare(picture, width, height);
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        Frame frame = Frame.of(config, width, height);
        return List.of(new ViewSize(frame.preparedHeight(), frame.preparedWidth(), new Part.Whole()));
    }

    /** Nothing is cropped or padded: the whole of the picture is stretched to whole tiles. */
    @Override
    public PreparedPicture cut(RgbImage picture, int rows, int cols) {
        Frame frame = Frame.of(config, picture.width(), picture.height());
        int width = frame.preparedWidth();
        int height = frame.preparedHeight();
        RgbImage stretched = TiledPicture.stretched(
                picture,
                Math.multiplyExact(Math.max(1, cols), width),
                Math.multiplyExact(Math.max(1, rows), height),
                Resampling.LANCZOS);
        TiledPicture tiled = new TiledPicture(picture, stretched, width, height, Resampling.LANCZOS, pixels);
        List<PreparedImage> views = new ArrayList<>();
        views.add(tiled.overview(new Part.Overview()));
        for (int i = 0; i < rows * cols; i++) {
            views.add(tiled.tile(i / cols, i % cols));
        }
        return new PreparedPicture(views, rows, cols);
    }

    @Override
    public boolean cutsPictures() {
        return true;
    }

    /** The picture as the encoder takes it. */
    public PreparedImage prepare(RgbImage original) {
        return prepare(original, Frame.of(config, original.width(), original.height()));
    }

    /**
     * The same part of the picture in other pixels: what {@link #prepare(RgbImage)} shows, at this size, resampled once.
     *
     * @param width pixels in a row of the prepared picture, at least 1
     * @param height its rows, at least 1
     */
    public PreparedImage prepare(RgbImage original, int width, int height) {
        return prepare(
                original, Frame.of(config, original.width(), original.height()).at(width, height));
    }

    /** The way back from a picture that {@link #prepare(RgbImage, int, int)} made, to an original of this size. */
    @Override
    public Geometry geometry(Geometry view, int width, int height) {
        return Frame.of(config, view.originalWidth(), view.originalHeight())
                .at(width, height)
                .geometry();
    }

    private PreparedImage prepare(RgbImage original, Frame frame) {
        RgbImage square = config.padToSquare() ? padToSquare(original) : original;
        RgbImage resized = Resizer.resize(square, frame.resizedWidth(), frame.resizedHeight(), config.resampling());
        Geometry geometry = frame.geometry();
        return new PreparedImage(pixels.crop(resized, geometry), geometry, pixels.normalization(), new Part.Whole());
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
