package dev.fovea.core.image;

import dev.fovea.core.file.Reasons;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decodes picture files into upright 8-bit RGB: PNG, JPEG (also CMYK), WebP, AVIF, HEIC, GIF, BMP and TIFF, of any depth, with or
 * without palette and transparency, as PIL's {@code ImageOps.exif_transpose(Image.open(file)).convert("RGB")} does. Of
 * several frames or pages the first is taken.
 *
 * <p>Files are untrusted. What a file asks for (pixels, scans, tiles, inflated metadata) is read from its headers and
 * refused before a pixel is decoded if it is above the {@linkplain PictureLimits limits}, because a file of a few bytes
 * can claim gigabytes. Decoding ends when its thread is interrupted. Every failure is a {@link PictureException} of one
 * sentence, also when the picture does not fit into memory. Safe for use by several threads.
 *
 * @param limits how much a file may ask for
 */
public record PictureReader(PictureLimits limits) {
    private static final Pattern URL = Pattern.compile("(?i)(https?|ftp|s3|gs|data|file):/{0,3}(.*)", Pattern.DOTALL);

    /** A reader with the default limits. */
    public PictureReader() {
        this(PictureLimits.DEFAULT);
    }

    /** A reader with the default limits, but for the number of pixels. */
    public PictureReader(long maxPixels) {
        this(PictureLimits.DEFAULT.withPixels(maxPixels));
    }

    /**
     * Reads a picture file.
     *
     * @throws PictureException if it is missing, empty, damaged, too large or not a picture, in one sentence
     */
    public Picture read(Path path) {
        refuseWhatIsNoFile(path);
        try {
            if (Files.isDirectory(path)) {
                throw new PictureException(path + " is a folder, not a picture; give the file itself");
            }
            try (InputStream in = Files.newInputStream(path)) {
                return read(in, path.toString());
            }
        } catch (NoSuchFileException e) {
            throw new PictureException(path + " does not exist; check the path of the picture", e);
        } catch (AccessDeniedException e) {
            throw new PictureException(path + " cannot be read: permission is denied", e);
        } catch (IOException e) {
            throw new PictureException(path + " cannot be read: " + Reasons.of(e), e);
        }
    }

    private static void refuseWhatIsNoFile(Path path) {
        String text = path.toString();
        if (text.isEmpty()) {
            throw new PictureException("An empty name is no picture; give the path of a file");
        }
        Matcher url = URL.matcher(text);
        if (!url.matches() || Files.exists(path)) {
            return;
        }
        String shown = text.length() > 60 ? text.substring(0, 60) + "..." : text;
        String scheme = url.group(1);
        String advice = scheme.equalsIgnoreCase("file")
                ? "give the path alone, /" + url.group(2)
                : scheme.equalsIgnoreCase("data") ? "save it as a file first" : "download it first and give the file";
        throw new PictureException(shown + " is a URL, and URLs are not opened; " + advice);
    }

    /**
     * Reads a picture from a stream to its end, which must come before the limit on bytes. The stream is not closed.
     *
     * @param name what to call it in messages
     * @throws PictureException if it is empty, damaged, too large or not a picture, in one sentence
     * @throws IOException if the stream cannot be read
     */
    public Picture read(InputStream in, String name) throws IOException {
        int most = (int) Math.min(limits.fileBytes() + 1, Integer.MAX_VALUE - 16);
        byte[] bytes;
        try {
            bytes = in.readNBytes(most);
        } catch (OutOfMemoryError e) {
            throw new PictureException(name + " is too large for the memory left; give the JVM more (-Xmx)", e);
        }
        if (bytes.length == most) {
            throw new PictureException(
                    name + " has more than " + limits.fileBytes() + " bytes, the limit for a picture file");
        }
        return read(bytes, name);
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
        if (bytes.length > limits.fileBytes()) {
            throw new PictureException(
                    name + " has more than " + limits.fileBytes() + " bytes, the limit for a picture file");
        }
        PictureFormat format = PictureFormat.of(bytes);
        if (format == null) {
            throw new PictureException(name + " " + PictureFormat.describe(bytes));
        }
        return new PictureDecoding(name, format, bytes, limits).run();
    }
}
