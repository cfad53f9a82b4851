package dev.fovea.core.image;

import dev.fovea.core.file.Reasons;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes picture files into upright 8-bit RGB: PNG, JPEG (also CMYK), WebP, GIF, BMP and TIFF, of any depth, with or
 * without palette and transparency.
 *
 * <p>Files are untrusted. A picture's size is read from its header and refused before a pixel is decoded if it is above
 * the limit, because a file of a few bytes can claim gigabytes. Safe for use by several threads.
 *
 * @param maxPixels the most pixels (width times height) that are decoded
 */
public record PictureReader(long maxPixels) {
    /** The limit at which PIL raises its decompression-bomb error. */
    public static final long DEFAULT_MAX_PIXELS = 178_956_970;

    private static final long MAX_FILE_BYTES = 1L << 30;

    public PictureReader {
        if (maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 3) {
            throw new IllegalArgumentException("The limit on a picture's pixels must lie between 1 and "
                    + Integer.MAX_VALUE / 3 + ", not " + maxPixels);
        }
    }

    /** A reader with the default limit. */
    public PictureReader() {
        this(DEFAULT_MAX_PIXELS);
    }

    /**
     * Reads a picture file.
     *
     * @throws PictureException if it is missing, empty, damaged, too large or not a picture, in one sentence
     */
    public Picture read(Path path) {
        byte[] bytes;
        try {
            if (Files.isDirectory(path)) {
                throw new PictureException(path + " is a folder, not a picture; give the file itself");
            }
            if (Files.size(path) > MAX_FILE_BYTES) {
                throw new PictureException(path + " has more than 1 GiB, too much for a picture");
            }
            bytes = Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw new PictureException(path + " does not exist; check the path of the picture", e);
        } catch (AccessDeniedException e) {
            throw new PictureException(path + " cannot be read: permission is denied", e);
        } catch (IOException e) {
            throw new PictureException(path + " cannot be read: " + Reasons.of(e), e);
        }
        return read(bytes, path.toString());
    }

    /**
     * Decodes a picture.
     *
     * @param bytes a whole picture file
     * @param name what to call it in messages
     * @throws PictureException if it is empty, damaged, too large or not a picture, in one sentence
     */
    public Picture read(byte[] bytes, String name) {
        if (bytes.length == 0) {
            throw new PictureException(name + " is empty; give a picture");
        }
        PictureFormat format = PictureFormat.of(bytes);
        if (format == null) {
            throw new PictureException(name + " " + PictureFormat.describe(bytes));
        }
        return new Decoding(name, format, bytes).run();
    }

    /** One file being decoded. */
    private final class Decoding {
        private final String name;
        private final PictureFormat format;
        private final byte[] bytes;
        private final List<String> notes = new ArrayList<>();
        private final @Nullable JpegHeader jpeg;

        Decoding(String name, PictureFormat format, byte[] bytes) {
            this.name = name;
            this.format = format;
            this.bytes = bytes;
            this.jpeg = format == PictureFormat.JPEG ? JpegHeader.read(bytes) : null;
        }

        Picture run() {
            refuseBombs();
            if (format == PictureFormat.WEBP && bytes.length < 8 + riffSize()) {
                throw damaged(null);
            }
            RgbImage stored = decodeWithAnyReader();
            boolean mayTurn = jpeg != null ? jpeg.exif() : format != PictureFormat.GIF && format != PictureFormat.BMP;
            return new Picture(
                    mayTurn && mentionsExif() ? Orientation.apply(stored, Orientation.of(bytes, format)) : stored,
                    notes);
        }

        /** Spares most pictures the search for metadata they do not have. */
        private boolean mentionsExif() {
            if (format == PictureFormat.JPEG || format == PictureFormat.TIFF) {
                return true;
            }
            String chunk = format == PictureFormat.PNG ? "eXIf" : "EXIF";
            for (int i = 0; i + 4 <= bytes.length; i++) {
                if (bytes[i] == chunk.charAt(0) && PictureFormat.starts(bytes, i, chunk)) {
                    return true;
                }
            }
            return false;
        }

        /** The sizes that stand at a fixed place are checked before any decoder sees the file. */
        private void refuseBombs() {
            if (format == PictureFormat.PNG && bytes.length >= 24) {
                check(bigEndian(16), bigEndian(20));
            } else if (jpeg != null) {
                check(jpeg.width(), jpeg.height());
            }
        }

        private long bigEndian(int at) {
            return ((bytes[at] & 0xffL) << 24)
                    | ((bytes[at + 1] & 0xff) << 16)
                    | ((bytes[at + 2] & 0xff) << 8)
                    | (bytes[at + 3] & 0xff);
        }

        /** How many bytes a WebP file says follow its first eight; its decoder would not notice if they do not. */
        private long riffSize() {
            return ((bytes[7] & 0xffL) << 24)
                    | ((bytes[6] & 0xff) << 16)
                    | ((bytes[5] & 0xff) << 8)
                    | (bytes[4] & 0xff);
        }

        private void check(long width, long height) {
            if (height > 0 && width > maxPixels / height) {
                throw new PictureException(name + " claims " + width + "x" + height + " pixels, more than the limit of "
                        + maxPixels + "; scale it down first");
            }
        }

        private RgbImage decodeWithAnyReader() {
            @Nullable Exception first = null;
            for (ImageReader reader : readers()) {
                try (ImageInputStream input = new FileInput(
                        jpeg != null && jpeg.colourProfile() ? JpegHeader.withoutProfile(bytes) : bytes)) {
                    return decode(reader, input);
                } catch (PictureException e) {
                    throw e;
                } catch (IOException | RuntimeException e) {
                    // Decoders answer damaged files with whatever exception the damage leads to.
                    first = first == null ? e : first;
                } finally {
                    reader.dispose();
                }
            }
            throw damaged(first);
        }

        /** For JPEG the JDK's decoder first: it is libjpeg, as in PIL; the other one copes with what it refuses. */
        private List<ImageReader> readers() {
            List<ImageReader> readers = new ArrayList<>();
            Iterator<ImageReader> all =
                    ImageIO.getImageReadersByFormatName(format.name().toLowerCase(Locale.ROOT));
            all.forEachRemaining(readers::add);
            return format == PictureFormat.JPEG ? readers.reversed() : readers;
        }

        private RgbImage decode(ImageReader reader, ImageInputStream input) throws IOException {
            boolean[] cut = new boolean[1];
            reader.addIIOReadWarningListener((source, warning) -> cut[0] |= endsEarly(warning));
            reader.setInput(input, false, true);
            check(reader.getWidth(0), reader.getHeight(0));
            noteFurtherFrames(reader);
            RgbImage image;
            if (jpeg != null && jpeg.components() == 4 && reader.canReadRaster()) {
                Raster raw = reader.readRaster(0, null);
                image = Rasters.fromInks(raw, jpeg.adobe());
            } else if (format == PictureFormat.GIF) {
                image = GifCanvas.firstFrame(reader, this::check);
            } else {
                ImageReadParam param = reader.getDefaultReadParam();
                BufferedImage decoded = reader.read(0, param);
                image = Rasters.toRgb(decoded);
            }
            if (cut[0]) {
                throw damaged(null);
            }
            return image;
        }

        private void noteFurtherFrames(ImageReader reader) throws IOException {
            long frames = switch (format) {
                case GIF, WEBP, TIFF -> reader.getNumImages(true);
                case PNG -> framesOfPng();
                case JPEG, BMP -> 1;
            };
            if (frames > 1) {
                String kind = format == PictureFormat.TIFF ? "pages" : "frames";
                notes.add(name + " has " + frames + " " + kind + "; only the first is used");
            }
        }

        /** Decoders of PNG pass an animation over; its chunk stands before the pixels and begins with the number. */
        private long framesOfPng() {
            long at = 8;
            while (at + 12 <= bytes.length && !PictureFormat.starts(bytes, (int) at + 4, "IDAT")) {
                if (PictureFormat.starts(bytes, (int) at + 4, "acTL")) {
                    return bigEndian((int) at + 8);
                }
                at += 12 + bigEndian((int) at);
            }
            return 1;
        }

        /** libjpeg only warns when the data ends too soon, and paints the rest grey. */
        private static boolean endsEarly(String warning) {
            String lower = warning.toLowerCase(Locale.ROOT);
            return lower.contains("premature") || lower.contains("truncated") || lower.contains("unexpected end");
        }

        private PictureException damaged(@Nullable Exception cause) {
            String message = name + " is a truncated or damaged " + format + " picture; save or download it again";
            return cause == null ? new PictureException(message) : new PictureException(message, cause);
        }
    }
}
