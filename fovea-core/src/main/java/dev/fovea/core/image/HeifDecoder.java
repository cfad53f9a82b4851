package dev.fovea.core.image;

import dev.fovea.core.ffmpeg.DecodedFrame;
import dev.fovea.core.ffmpeg.StillDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * AVIF and HEIC: the primary picture, or the tiles it is put together from, decoded by FFmpeg's decoders, then turned as
 * the file's own properties say. As in PIL these count, and an orientation in EXIF does not. FFmpeg's reader of the file
 * format is not used: damaged files crash it.
 */
final class HeifDecoder {
    /** Tiles may reach this many pixels beyond what the picture needs. */
    private static final long SPARE_PIXELS = 1 << 24;

    /** The EXIF value for a turn by quarters to the left: alone, then flipped top to bottom, then left to right. */
    private static final int[][] ORIENTATIONS = {{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}};

    private final HeifFile heif;
    private final boolean cropped;
    private final SizeLimit limit;
    private final long mostPixels;
    private final Watch watch;

    /** @param cropped whether the clean aperture counts: it does in HEIC, and is left aside in AVIF, as in PIL */
    HeifDecoder(byte[] file, boolean cropped, SizeLimit limit, long mostPixels, Watch watch) {
        this.heif = new HeifFile(file);
        this.cropped = cropped;
        this.limit = limit;
        this.mostPixels = mostPixels;
        this.watch = watch;
    }

    RgbImage decode() throws IOException {
        HeifFile.Item item = heif.primary();
        RgbImage image = item.type().equals("grid") ? tiled(item) : single(item);
        return Orientation.apply(cropped ? crop(item, image) : image, orientation(item));
    }

    private RgbImage single(HeifFile.Item item) throws IOException {
        checkSize(item);
        try (DecodedFrame frame = decoded(item)) {
            limit.check(frame.width(), frame.height());
            YuvPicture picture = new YuvPicture(frame.layout(), item.property("colr"), frame.width(), frame.height());
            picture.take(frame, 0, 0);
            return picture.toRgb();
        }
    }

    /** What the file says a picture's size is, checked before a decoder makes room for it. */
    private long checkSize(HeifFile.Item item) {
        ByteBuffer size = item.property("ispe");
        if (size == null) {
            return 0;
        }
        long width = size.getInt(4) & 0xffffffffL;
        long height = size.getInt(8) & 0xffffffffL;
        limit.check(width, height);
        return width * height;
    }

    private RgbImage tiled(HeifFile.Item item) throws IOException {
        ByteBuffer grid = ByteBuffer.wrap(heif.data(item));
        boolean wide = (grid.get(1) & 1) == 1;
        int rows = 1 + (grid.get(2) & 0xff);
        int columns = 1 + (grid.get(3) & 0xff);
        long width = wide ? grid.getInt(4) & 0xffffffffL : grid.getShort(4) & 0xffff;
        long height = wide ? grid.getInt(8) & 0xffffffffL : grid.getShort(6) & 0xffff;
        limit.check(width, height);
        if (item.parts().size() != rows * columns || width < 1 || height < 1) {
            throw new IOException("The tiles do not make a grid");
        }
        long pixels = 0;
        for (int id : item.parts()) {
            pixels += checkSize(heif.picture(id));
        }
        if (pixels > 2 * width * height + SPARE_PIXELS) {
            throw new IOException("The tiles are larger than the picture");
        }
        return put(item, columns, (int) width, (int) height);
    }

    /** Chroma is spread over the seams of tiles, so RGB is made of the whole. */
    private RgbImage put(HeifFile.Item grid, int columns, int width, int height) throws IOException {
        @Nullable YuvPicture canvas = null;
        int across = 0;
        int down = 0;
        for (int i = 0; i < grid.parts().size(); i++) {
            watch.check();
            HeifFile.Item tile = heif.picture(grid.parts().get(i));
            try (DecodedFrame frame = decoded(tile)) {
                if (canvas == null) {
                    across = frame.width();
                    down = frame.height();
                    ByteBuffer own = grid.property("colr");
                    canvas = new YuvPicture(frame.layout(), own == null ? tile.property("colr") : own, width, height);
                }
                int rows = grid.parts().size() / columns;
                boolean covered = (long) across * columns >= width && (long) down * rows >= height;
                if (!covered || frame.width() != across || frame.height() != down) {
                    throw new IOException("The tiles do not cover the picture");
                }
                canvas.take(frame, i % columns * across, i / columns * down);
            }
        }
        if (canvas == null) {
            throw new IOException("There are no tiles");
        }
        return canvas.toRgb();
    }

    private DecodedFrame decoded(HeifFile.Item item) throws IOException {
        boolean av1 = item.type().equals("av01");
        if (!av1 && !item.type().equals("hvc1")) {
            throw new UnsupportedPictureException("a picture coded in another way than AV1 and HEVC");
        }
        ByteBuffer configuration = item.property(av1 ? "av1C" : "hvcC");
        byte @Nullable [] bytes = null;
        if (configuration != null) {
            bytes = new byte[configuration.remaining()];
            configuration.get(bytes);
        }
        return (av1 ? StillDecoder.AV1 : StillDecoder.HEVC).decode(heif.data(item), bytes, mostPixels);
    }

    /** The clean aperture: a size and how far its centre lies from that of the picture, each a fraction. */
    private static RgbImage crop(HeifFile.Item item, RgbImage image) throws IOException {
        ByteBuffer aperture = item.property("clap");
        if (aperture == null) {
            return image;
        }
        double width = fraction(aperture);
        double height = fraction(aperture);
        double left = Math.floor((image.width() - width) / 2 + fraction(aperture));
        double top = Math.floor((image.height() - height) / 2 + fraction(aperture));
        boolean within = width >= 1 && height >= 1 && left >= 0 && top >= 0;
        if (!within || left + width > image.width() || top + height > image.height()) {
            throw new IOException("The clean aperture does not lie within the picture");
        }
        return image.cut((int) left, (int) top, (int) width, (int) height);
    }

    private static double fraction(ByteBuffer in) {
        return in.getInt() / (double) in.getInt();
    }

    private static int orientation(HeifFile.Item item) {
        ByteBuffer turned = item.property("irot");
        ByteBuffer mirrored = item.property("imir");
        int quarters = turned == null ? 0 : turned.get() & 3;
        return ORIENTATIONS[quarters][mirrored == null ? 0 : 1 + (mirrored.get() & 1)];
    }
}
