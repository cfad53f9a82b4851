package dev.fovea.core.image;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** The first frame of a WebP, by libwebp, on its canvas; as in PIL the canvas is black around it. */
final class WebpDecoder {
    /** Below this a thread of its own would cost more than the decoding. */
    private static final long WORTH_A_THREAD = 1 << 18;

    private WebpDecoder() {}

    static RgbImage decode(WebpFile webp, byte[] file, Watch watch) throws Exception {
        byte[] bare = webp.barePicture(file);
        boolean large = (long) webp.width() * webp.height() > WORTH_A_THREAD;
        RgbImage frame = large ? watch.away(() -> decode(bare)) : decode(bare);
        if (frame.width() == webp.width() && frame.height() == webp.height()) {
            return frame;
        }
        RgbImage canvas = RgbImage.filled(webp.width(), webp.height(), 0, 0, 0);
        canvas.paste(frame, webp.left(), webp.top());
        return canvas;
    }

    private static RgbImage decode(byte[] bare) throws IOException {
        ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
        try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bare))) {
            reader.setInput(input, false, true);
            return Rasters.toRgb(reader.read(0));
        } finally {
            reader.dispose();
        }
    }
}
