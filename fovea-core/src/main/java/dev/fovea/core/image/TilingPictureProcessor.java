package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prepares pictures as the processors of Idefics3 and SmolVLM do with PIL: cut into tiles, row by row, with an overview
 * behind them ({@link TileSplit}). Safe for use by several threads.
 */
public final class TilingPictureProcessor implements PictureProcessor {
    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5);

    private final TileSplit split;
    private final boolean cuts;
    private final Resampling resampling;
    private final PixelTable pixels;

    private TilingPictureProcessor(ProcessorFile file, TileSplit split) {
        this.split = split;
        this.cuts = file.flag("do_image_splitting", true);
        this.resampling = file.resampling(Resampling.LANCZOS);
        this.pixels = new PixelTable(file.normalization(HALF, HALF));
    }

    /**
     * Reads the processor of a checkpoint folder.
     *
     * @throws CheckpointException if there is none, or it is another model's, in one sentence
     */
    public static TilingPictureProcessor read(Path folder) {
        ProcessorFile file = ProcessorFile.read(folder);
        String kind = file.kind("IDEFICS3");
        if (!kind.equals("IDEFICS3") && !kind.equals("SMOLVLM")) {
            throw new CheckpointException(
                    file.name() + " asks for the image processor " + file.type("")
                            + ", but the model wants that of Idefics3 or SmolVLM; take the file that the model was published with");
        }
        int tile = longestEdge(file, "max_image_size", 364);
        int longest = file.flag("do_resize", true) ? longestEdge(file, "size", 4 * 364) : 0;
        return new TilingPictureProcessor(file, new TileSplit(longest, tile));
    }

    private static int longestEdge(ProcessorFile file, String key, int fallback) {
        return file.json().path(key).isMissingNode()
                ? fallback
                : file.side(file.json().path(key).get("longest_edge"), key);
    }

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        TileSplit.Tiling tiling = split.of(picture.width(), picture.height());
        RgbImage first = resized(picture, tiling.first());
        if (!cuts) {
            return PreparedPicture.whole(tiled(picture, first).overview(new Part.Whole()));
        }
        TiledPicture whole = tiled(picture, resized(first, tiling.whole()));
        if (tiling.rows() == 0) {
            return PreparedPicture.whole(whole.overview(new Part.Whole()));
        }
        List<PreparedImage> views = new ArrayList<>();
        for (int row = 0; row < tiling.rows(); row++) {
            for (int column = 0; column < tiling.columns(); column++) {
                views.add(whole.tile(row, column));
            }
        }
        views.add(whole.overview(new Part.Overview()));
        return new PreparedPicture(views, tiling.rows(), tiling.columns());
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        TileSplit.Tiling tiling = split.of(width, height);
        int side = split.tile();
        if (!cuts || tiling.rows() == 0) {
            return List.of(new ViewSize(side, side, new Part.Whole()));
        }
        List<ViewSize> views = new ArrayList<>();
        for (int i = 0; i < tiling.rows() * tiling.columns(); i++) {
            views.add(new ViewSize(side, side, new Part.Tile(i / tiling.columns(), i % tiling.columns())));
        }
        views.add(new ViewSize(side, side, new Part.Overview()));
        return views;
    }

    /** A tile at another size is cut out of a picture whose tiles all have that size. */
    @Override
    public PreparedImage prepareView(RgbImage picture, Part part, int width, int height) {
        TileSplit.Tiling tiling = split.of(picture.width(), picture.height());
        int columns = part instanceof Part.Tile ? tiling.columns() : 1;
        int rows = part instanceof Part.Tile ? tiling.rows() : 1;
        int x = part instanceof Part.Tile tile ? tile.column() * width : 0;
        int y = part instanceof Part.Tile tile ? tile.row() * height : 0;
        RgbImage whole = resized(picture, new DynamicSize.Size(columns * width, rows * height));
        Geometry geometry = Geometry.cut(picture, whole.width(), whole.height(), x, y, width, height);
        return new PreparedImage(pixels.crop(whole, geometry), geometry, pixels.normalization(), part);
    }

    private TiledPicture tiled(RgbImage original, RgbImage stretched) {
        return new TiledPicture(original, stretched, split.tile(), split.tile(), resampling, pixels);
    }

    private RgbImage resized(RgbImage image, DynamicSize.Size size) {
        return TiledPicture.stretched(image, size.width(), size.height(), resampling);
    }
}
