package dev.fovea.core.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/** JPEG, PNG, GIF and BMP by the readers of the JDK, and for JPEG a second one for what the JDK's refuses. */
final class ImageIoDecoder {
    private final PictureFormat format;
    private final Watch watch;
    private final SizeLimit limit;
    private final LongConsumer frames;

    /** @param frames told how many frames a GIF has */
    ImageIoDecoder(PictureFormat format, Watch watch, SizeLimit limit, LongConsumer frames) {
        this.format = format;
        this.watch = watch;
        this.limit = limit;
        this.frames = frames;
    }

    RgbImage decode(byte[] file) throws IOException {
        return decode(file, null);
    }

    /** @param jpeg the header of a JPEG */
    RgbImage decode(byte[] file, @Nullable JpegHeader jpeg) throws IOException {
        @Nullable Exception first = null;
        byte[] bytes = jpeg != null && jpeg.colourProfile() ? JpegHeader.withoutProfile(file) : file;
        for (ImageReader reader : readers()) {
            try (ImageInputStream input = new FileInput(bytes, watch)) {
                return decode(reader, input, jpeg);
            } catch (PictureException | EOFException e) {
                throw e;
            } catch (IOException | RuntimeException e) {
                watch.check();
                first = first == null ? e : first;
            } finally {
                reader.dispose();
            }
        }
        throw new IOException("No decoder could read the picture", first);
    }

    /** For JPEG the JDK's decoder first: it is libjpeg, as in PIL; the other one copes with what it refuses. */
    private List<ImageReader> readers() {
        List<ImageReader> readers = new ArrayList<>();
        Iterator<ImageReader> all =
                ImageIO.getImageReadersByFormatName(format.name().toLowerCase(Locale.ROOT));
        all.forEachRemaining(readers::add);
        return format == PictureFormat.JPEG ? readers.reversed() : readers;
    }

    private RgbImage decode(ImageReader reader, ImageInputStream input, @Nullable JpegHeader jpeg) throws IOException {
        boolean[] cut = new boolean[1];
        reader.addIIOReadWarningListener((source, warning) -> cut[0] |= endsEarly(warning));
        watch.follow(reader);
        reader.setInput(input, false, true);
        limit.check(reader.getWidth(0), reader.getHeight(0));
        if (jpeg != null && jpeg.components() == 4 && reader.canReadRaster()) {
            Raster raw = reader.readRaster(0, null);
            checkWhole(cut[0]);
            return Rasters.fromInks(raw, jpeg.adobe());
        }
        if (format == PictureFormat.GIF) {
            frames.accept(reader.getNumImages(true));
            return GifCanvas.firstFrame(reader, limit);
        }
        BufferedImage decoded = reader.read(0, reader.getDefaultReadParam());
        checkWhole(cut[0]);
        return Rasters.toRgb(decoded);
    }

    private void checkWhole(boolean cut) throws EOFException {
        watch.check();
        if (cut) {
            throw new EOFException("The data end too soon");
        }
    }

    /** libjpeg only warns when the data ends too soon, and paints the rest grey. */
    private static boolean endsEarly(String warning) {
        String lower = warning.toLowerCase(Locale.ROOT);
        return lower.contains("premature") || lower.contains("truncated") || lower.contains("unexpected end");
    }
}
