package dev.fovea.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Prepares pictures as the processors of LLaVA-NeXT and LLaVA-OneVision do with PIL: all of the picture in one square, then
 * the tiles of the canvas that suits it best ({@link AnyResolution}). Safe for use by several threads.
 */
public final class AnyResolutionProcessor implements PictureProcessor {
    /** The larger family's canvases: all of up to so many tiles along each side. */
    private static final int ONEVISION_SIDE = 6;

    private final AnyResolution cut;
    private final boolean oneVision;
    private final Resampling resampling;
    private final PixelTable pixels;
    private final ImageProcessor square;
    private final Resampling videoResampling;
    private final PixelTable videoPixels;

    private AnyResolutionProcessor(ProcessorFile file, ProcessorFile videos, AnyResolution cut, boolean oneVision) {
        this.cut = cut;
        this.oneVision = oneVision;
        this.resampling = file.resampling(Resampling.BICUBIC);
        Normalization normalization = file.normalization(ImageProcessorConfig.CLIP_MEAN, ImageProcessorConfig.CLIP_STD);
        this.pixels = new PixelTable(normalization);
        this.square = new ImageProcessor(square(normalization));
        this.videoResampling = videos.resampling(Resampling.BICUBIC);
        this.videoPixels = new PixelTable(videos.normalization(normalization.mean(), normalization.std()));
    }

    private ImageProcessorConfig square(Normalization normalization) {
        int tile = cut.tile();
        return new ImageProcessorConfig(
                new ImageProcessorConfig.Size.Exact(tile, tile),
                resampling,
                false,
                tile,
                tile,
                true,
                normalization.factor(),
                true,
                normalization.mean(),
                normalization.std(),
                true);
    }

    /**
     * Reads the processor of a LLaVA-NeXT checkpoint.
     *
     * @param tile side of the pictures that the encoder takes
     * @param patch side of a patch, both in pixels
     * @throws CheckpointException if there is none, or it does not fit the encoder, in one sentence
     */
    public static AnyResolutionProcessor next(Path folder, int tile, int patch) {
        ProcessorFile file = ProcessorFile.read(folder);
        requireKind(file, "LLAVANEXT", "LLaVA-NeXT");
        List<DynamicSize.Size> usual = List.of(
                new DynamicSize.Size(2 * tile, tile),
                new DynamicSize.Size(tile, 2 * tile),
                new DynamicSize.Size(2 * tile, 2 * tile),
                new DynamicSize.Size(tile, 3 * tile),
                new DynamicSize.Size(3 * tile, tile));
        requireTile(file, tile);
        return new AnyResolutionProcessor(
                file, file, new AnyResolution(canvases(file, tile, usual), tile, patch, 0), false);
    }

    /**
     * Reads the processor of a LLaVA-OneVision checkpoint.
     *
     * @param tile side of the pictures that the encoder takes
     * @param patch side of a patch, both in pixels
     * @param most tiles whose tokens are all kept
     * @throws CheckpointException as {@link #next}
     */
    public static AnyResolutionProcessor oneVision(Path folder, int tile, int patch, int most) {
        ProcessorFile file = ProcessorFile.read(folder);
        requireKind(file, "LLAVAONEVISION", "LLaVA-OneVision");
        List<DynamicSize.Size> usual = IntStream.rangeClosed(1, ONEVISION_SIDE)
                .boxed()
                .flatMap(rows -> IntStream.rangeClosed(1, ONEVISION_SIDE)
                        .mapToObj(cols -> new DynamicSize.Size(cols * tile, rows * tile)))
                .toList();
        requireTile(file, tile);
        return new AnyResolutionProcessor(
                file, file.videos(folder), new AnyResolution(canvases(file, tile, usual), tile, patch, most), true);
    }

    private static void requireKind(ProcessorFile file, String kind, String name) {
        if (!file.kind(kind).equals(kind)) {
            throw new CheckpointException(file.name() + " asks for the image processor " + Printable.of(file.type(""))
                    + ", but the model wants that of " + name + "; take the file that the model was published with");
        }
    }

    /** Views are not scaled once more: what the processor makes is what the encoder takes. */
    private static void requireTile(ProcessorFile file, int tile) {
        for (String key : List.of("size", "crop_size")) {
            JsonNode node = file.json().path(key);
            if (node.isMissingNode() || node.isNull()) {
                continue;
            }
            int[] sides = node.has("shortest_edge")
                    ? new int[] {file.side(node.get("shortest_edge"), key)}
                    : file.sides(key, tile);
            for (int side : sides) {
                if (side != tile) {
                    throw new CheckpointException(file.name() + " has a " + key + " of " + Printable.of(node)
                            + ", but the encoder of the model takes pictures of " + tile + "x" + tile
                            + "; take both files from the same checkpoint");
                }
            }
        }
    }

    private static List<DynamicSize.Size> canvases(ProcessorFile file, int tile, List<DynamicSize.Size> usual) {
        String key = "image_grid_pinpoints";
        JsonNode node = file.json().path(key);
        if (node.isMissingNode() || node.isNull()) {
            return usual;
        }
        List<DynamicSize.Size> out = new ArrayList<>();
        for (JsonNode pair : node) {
            boolean fits = pair.size() == 2
                    && file.side(pair.get(0), key) % tile == 0
                    && file.side(pair.get(1), key) % tile == 0;
            if (!fits) {
                throw new CheckpointException(file.name() + " has " + Printable.of(pair) + " among its " + key
                        + "; Fovea needs heights and widths that are multiples of the " + tile
                        + " pixels that the encoder takes");
            }
            out.add(new DynamicSize.Size(pair.get(1).asInt(), pair.get(0).asInt()));
        }
        if (out.isEmpty()) {
            throw new CheckpointException(file.name() + " has no " + key + " to choose from");
        }
        return out;
    }

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        int tile = cut.tile();
        AnyResolution.Cut at = cut.of(picture.width(), picture.height());
        List<PreparedImage> views = new ArrayList<>();
        Geometry overview = Geometry.resized(picture, tile, tile);
        views.add(new PreparedImage(
                pixels.crop(Resizer.resize(picture, tile, tile, resampling), overview),
                overview,
                pixels.normalization(),
                new Part.Overview()));
        RgbImage scaled =
                Resizer.resize(picture, at.picture().width(), at.picture().height(), resampling);
        at.views().forEach(view -> views.add(view(picture, scaled, at, view)));
        return new PreparedPicture(
                views, at.canvas().height() / tile, at.canvas().width() / tile);
    }

    /** LLaVA-OneVision shows several pictures small: each padded to a square with the mean colour. */
    @Override
    public List<PreparedPicture> preparePictures(List<RgbImage> pictures) {
        return oneVision && pictures.size() > 1
                ? pictures.stream().map(square::preparePicture).toList()
                : PictureProcessor.super.preparePictures(pictures);
    }

    @Override
    public boolean resizesViews() {
        return false;
    }

    @Override
    public boolean looksAtAll() {
        return oneVision;
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        int tile = cut.tile();
        int patch = cut.patch();
        List<ViewSize> views = new ArrayList<>();
        views.add(new ViewSize(tile, tile, new Part.Overview()));
        for (AnyResolution.View view : cut.of(width, height).views()) {
            Seen seen = view.seen();
            views.add(new ViewSize(seen.tokenRows() * patch, seen.tokenCols() * patch, view.part(), tile, tile));
        }
        return views;
    }

    private PreparedImage view(RgbImage original, RgbImage scaled, AnyResolution.Cut at, AnyResolution.View view) {
        int tile = cut.tile();
        int x = view.part().column() * tile - at.left();
        int y = view.part().row() * tile - at.top();
        Geometry whole = Geometry.cut(original, scaled.width(), scaled.height(), x, y, tile, tile);
        return new PreparedImage(
                pixels.crop(scaled, whole),
                tile,
                tile,
                seen(whole, view.seen()),
                pixels.normalization(),
                view.part(),
                view.seen());
    }

    /** The way back from the visual tokens of a view, given that from its pixels. */
    private Geometry seen(Geometry whole, Seen seen) {
        int patch = cut.patch();
        Seen.Blend b = seen.blend();
        if (b == null) {
            return new Geometry(
                    whole.originalWidth(),
                    whole.originalHeight(),
                    seen.cols() * patch,
                    seen.rows() * patch,
                    whole.scaleX(),
                    whole.scaleY(),
                    whole.offsetX() + seen.left() * patch,
                    whole.offsetY() + seen.top() * patch,
                    0,
                    0);
        }
        // A tile may be a little larger than its patches: on the canvas they lie that much further apart.
        double pitch = (double) cut.tile() / cut.side();
        double left = (whole.offsetX() - (b.left() - seen.left()) * pitch) * whole.scaleX();
        double top = (whole.offsetY() - (b.top() - seen.top()) * pitch) * whole.scaleY();
        return new Geometry(
                whole.originalWidth(),
                whole.originalHeight(),
                b.cols() * patch,
                b.rows() * patch,
                whole.scaleX() * b.canvasCols() / b.totalCols() * pitch / patch,
                whole.scaleY() * b.canvasRows() / b.totalRows() * pitch / patch,
                b.col() * patch,
                b.row() * patch,
                (int) Math.round(-left),
                (int) Math.round(-top));
    }

    /** Each frame in one square, its tokens interpolated to half as many along each side, rounded up. */
    @Override
    public PreparedPicture prepareVideo(List<RgbImage> frames, double framesPerSecond) {
        if (!oneVision) {
            return PictureProcessor.super.prepareVideo(frames, framesPerSecond);
        }
        VideoFrames.require(frames, framesPerSecond);
        int tile = cut.tile();
        int side = cut.side();
        int half = Math.ceilDiv(side, 2);
        Seen seen = new Seen(0, 0, side, side, new Seen.Blend(side, side, half, half, 0, 0, 0, 0, half, half));
        List<PreparedImage> views = new ArrayList<>();
        for (int i = 0; i < frames.size(); i++) {
            RgbImage frame = frames.get(i);
            Geometry whole = Geometry.resized(frame, tile, tile);
            views.add(new PreparedImage(
                    videoPixels.crop(Resizer.resize(frame, tile, tile, videoResampling), whole),
                    tile,
                    tile,
                    seen(whole, seen),
                    videoPixels.normalization(),
                    new Part.Frame(i, 1 / framesPerSecond, i / framesPerSecond),
                    seen));
        }
        return new PreparedPicture(views, 0, 0);
    }
}
