package dev.fovea.core.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
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

    static {
        avutil.av_log_set_level(avutil.AV_LOG_QUIET);
    }

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
        AVFrame frame = avutil.av_frame_alloc();
        try {
            decode(item, frame);
            limit.check(frame.width(), frame.height());
            YuvPicture picture = new YuvPicture(frame, item.property("colr"), frame.width(), frame.height());
            picture.take(frame, 0, 0);
            return picture.toRgb();
        } finally {
            avutil.av_frame_free(frame);
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
            AVFrame frame = avutil.av_frame_alloc();
            try {
                decode(tile, frame);
                if (canvas == null) {
                    across = frame.width();
                    down = frame.height();
                    ByteBuffer own = grid.property("colr");
                    canvas = new YuvPicture(frame, own == null ? tile.property("colr") : own, width, height);
                }
                int rows = grid.parts().size() / columns;
                boolean covered = (long) across * columns >= width && (long) down * rows >= height;
                if (!covered || frame.width() != across || frame.height() != down) {
                    throw new IOException("The tiles do not cover the picture");
                }
                canvas.take(frame, i % columns * across, i / columns * down);
            } finally {
                avutil.av_frame_free(frame);
            }
        }
        if (canvas == null) {
            throw new IOException("There are no tiles");
        }
        return canvas.toRgb();
    }

    private void decode(HeifFile.Item item, AVFrame frame) throws IOException {
        boolean av1 = item.type().equals("av01");
        if (!av1 && !item.type().equals("hvc1")) {
            throw new UnsupportedPictureException("a picture coded in another way than AV1 and HEVC");
        }
        byte[] data = heif.data(item);
        ByteBuffer configuration = item.property(av1 ? "av1C" : "hvcC");
        AVCodec codec = avcodec.avcodec_find_decoder(av1 ? avcodec.AV_CODEC_ID_AV1 : avcodec.AV_CODEC_ID_HEVC);
        AVCodecContext decoder = avcodec.avcodec_alloc_context3(codec);
        AVPacket packet = avcodec.av_packet_alloc();
        try {
            decoder.thread_count(1);
            decoder.max_pixels(mostPixels);
            decoder.err_recognition(avcodec.AV_EF_EXPLODE);
            if (configuration != null) {
                configure(decoder, configuration);
            }
            if (avcodec.av_new_packet(packet, data.length) < 0) {
                throw new OutOfMemoryError("no room for a packet");
            }
            packet.data().put(data);
            if (avcodec.avcodec_open2(decoder, codec, (AVDictionary) null) < 0
                    || avcodec.avcodec_send_packet(decoder, packet) < 0
                    || avcodec.avcodec_send_packet(decoder, null) < 0
                    || avcodec.avcodec_receive_frame(decoder, frame) < 0
                    || frame.decode_error_flags() != 0) {
                throw new IOException("The picture's data do not decode");
            }
        } finally {
            avcodec.av_packet_free(packet);
            avcodec.avcodec_free_context(decoder);
        }
    }

    private static void configure(AVCodecContext decoder, ByteBuffer configuration) {
        byte[] bytes = new byte[configuration.remaining()];
        configuration.get(bytes);
        BytePointer room = new BytePointer(avutil.av_mallocz(bytes.length + avcodec.AV_INPUT_BUFFER_PADDING_SIZE));
        room.put(bytes);
        decoder.extradata(room);
        decoder.extradata_size(bytes.length);
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
