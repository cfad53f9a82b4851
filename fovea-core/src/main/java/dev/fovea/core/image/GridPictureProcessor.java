package dev.fovea.core.image;

import dev.fovea.core.message.Printable;
import dev.fovea.core.path.Part;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prepares pictures and videos as the processors of InternVL do with PIL: stretched to the grid of tiles that suits them
 * ({@link BestGrid}), with an overview behind them; each frame of a video as one tile. Safe for use by several threads.
 */
public final class GridPictureProcessor implements PictureProcessor {
    private static final int MOST = 12;

    /** No picture is cut into more, whatever the configuration asks for. */
    private static final int LIMIT = 256;

    private final BestGrid grids;
    private final Resampling resampling;
    private final PixelTable pixels;
    private final Resampling videoResampling;
    private final PixelTable videoPixels;

    private GridPictureProcessor(ProcessorFile file, ProcessorFile videos, BestGrid grids) {
        this.grids = grids;
        this.resampling = file.resampling(Resampling.BICUBIC);
        Normalization normalization = file.normalization(ImageProcessorConfig.CLIP_MEAN, ImageProcessorConfig.CLIP_STD);
        this.pixels = new PixelTable(normalization);
        this.videoResampling = videos.resampling(Resampling.BICUBIC);
        this.videoPixels = new PixelTable(videos.normalization(normalization.mean(), normalization.std()));
    }

    /**
     * Reads the processor of a checkpoint folder. Pictures are cut whatever {@code crop_to_patches} says there: the model's
     * processor asks for it.
     *
     * @param tile side of the pictures that the encoder takes, in pixels
     * @throws CheckpointException if there is none, or it does not fit the encoder, in one sentence
     */
    public static GridPictureProcessor read(Path folder, int tile) {
        ProcessorFile file = ProcessorFile.read(folder);
        String kind = file.kind("GOTOCR2");
        if (!kind.equals("GOTOCR2") && !kind.equals("INTERNVL")) {
            throw new CheckpointException(file.name() + " asks for the image processor " + Printable.of(file.type(""))
                    + ", but the model wants that of InternVL (GotOcr2ImageProcessor); take the file that the model was"
                    + " published with");
        }
        int[] size = file.sides("size", tile);
        if (size[0] != tile || size[1] != tile) {
            throw new CheckpointException(file.name() + " has a size of " + size[0] + "x" + size[1]
                    + ", but the encoder of the model takes pictures of " + tile + "x" + tile
                    + "; take both files from the same checkpoint");
        }
        long least = file.count("min_patches", 1);
        long most = file.count("max_patches", MOST);
        if (least > most || most > LIMIT) {
            throw new CheckpointException(file.name() + " asks for " + least + " to " + most
                    + " tiles; Fovea needs a smallest and a largest number between 1 and " + LIMIT);
        }
        return new GridPictureProcessor(file, file.videos(folder), new BestGrid(tile, tile, (int) least, (int) most));
    }

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        List<ViewSize> sizes = views(picture.width(), picture.height());
        BestGrid.Grid grid = grids.of(picture.width(), picture.height());
        if (sizes.size() == 1) {
            return PreparedPicture.whole(prepareView(picture, new Part.Whole(), grids.tileWidth(), grids.tileHeight()));
        }
        int width = grid.columns() * grids.tileWidth();
        int height = grid.rows() * grids.tileHeight();
        RgbImage whole = Resizer.resize(picture, width, height, resampling);
        List<PreparedImage> views = new ArrayList<>();
        for (ViewSize size : sizes) {
            views.add(
                    size.part() instanceof Part.Tile tile
                            ? tile(picture, whole, tile, size.width(), size.height())
                            : prepareView(picture, size.part(), size.width(), size.height()));
        }
        return new PreparedPicture(views, grid.rows(), grid.columns());
    }

    private PreparedImage tile(RgbImage original, RgbImage whole, Part.Tile part, int width, int height) {
        Geometry geometry = Geometry.cut(
                original, whole.width(), whole.height(), part.column() * width, part.row() * height, width, height);
        return new PreparedImage(pixels.crop(whole, geometry), geometry, pixels.normalization(), part);
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        BestGrid.Grid grid = grids.of(width, height);
        int tiles = grid.rows() * grid.columns();
        if (tiles == 1) {
            return List.of(new ViewSize(grids.tileHeight(), grids.tileWidth(), new Part.Whole()));
        }
        List<ViewSize> views = new ArrayList<>();
        for (int i = 0; i < tiles; i++) {
            Part tile = new Part.Tile(i / grid.columns(), i % grid.columns());
            views.add(new ViewSize(grids.tileHeight(), grids.tileWidth(), tile));
        }
        views.add(new ViewSize(grids.tileHeight(), grids.tileWidth(), new Part.Overview()));
        return views;
    }

    /** A tile at another size is cut out of a picture whose tiles all have that size. */
    @Override
    public PreparedImage prepareView(RgbImage picture, Part part, int width, int height) {
        if (part instanceof Part.Frame) {
            throw new IllegalArgumentException(NOT_RESIZED);
        }
        if (part instanceof Part.Tile tile) {
            BestGrid.Grid grid = grids.of(picture.width(), picture.height());
            RgbImage whole = Resizer.resize(picture, grid.columns() * width, grid.rows() * height, resampling);
            return tile(picture, whole, tile, width, height);
        }
        return new Stretching(resampling, pixels).view(picture, part, width, height);
    }

    @Override
    public PreparedPicture prepareVideo(List<RgbImage> frames, double framesPerSecond) {
        VideoFrames.require(frames, framesPerSecond);
        Stretching stretching = new Stretching(videoResampling, videoPixels);
        List<PreparedImage> views = new ArrayList<>();
        for (int i = 0; i < frames.size(); i++) {
            Part part = new Part.Frame(i, 1 / framesPerSecond, i / framesPerSecond);
            views.add(stretching.view(frames.get(i), part, grids.tileWidth(), grids.tileHeight()));
        }
        return new PreparedPicture(views, 0, 0);
    }
}
