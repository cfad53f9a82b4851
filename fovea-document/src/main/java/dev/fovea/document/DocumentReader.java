package dev.fovea.document;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Draws the pages of PDF documents, as large as whoever looks at them wants: with {@code
 * reader.scaleFor(model::pictureScale)} a model says it.
 *
 * <p>Files are untrusted. Sizes, packed parts and time are bounded by the {@linkplain DocumentLimits limits}; scripts are
 * not run, nothing that a document names outside of itself is opened, and fonts that are not in it are taken from this
 * machine. Every failure is a {@link DocumentException} of one sentence, also when a page does not fit into memory. What
 * an encrypted document packs its tables into is bounded by memory alone. Safe for use by several threads.
 */
public final class DocumentReader {
    private static final int HEADER_WITHIN = 1_024;
    private static final String HEADER = "%PDF-";

    private final DocumentLimits limits;
    private final Semaphore places =
            new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()));

    /** A reader with the default limits. */
    public DocumentReader() {
        this(DocumentLimits.DEFAULT);
    }

    public DocumentReader(DocumentLimits limits) {
        this.limits = limits;
    }

    public DocumentLimits limits() {
        return limits;
    }

    /** How large a model wants pages. */
    @FunctionalInterface
    public interface Scale {
        /**
         * Pixels per unit of something of this size that may have so many pixels, as
         * {@code VisionLanguageModel.pictureScale} says it.
         */
        double of(double width, double height, long mostPixels);
    }

    /** Pixels per point (1/72 inch) of a page, by what a model wants and the limits allow. */
    public DoubleBinaryOperator scaleFor(Scale model) {
        return (width, height) -> model.of(width, height, limits.pagePixels());
    }

    /** Whether these bytes begin as a PDF document does; some writers put other things before it. */
    public static boolean isDocument(byte[] bytes) {
        int last = Math.min(bytes.length - HEADER.length(), HEADER_WITHIN);
        for (int at = 0; at <= last; at++) {
            int same = 0;
            while (same < HEADER.length() && bytes[at + same] == HEADER.charAt(same)) {
                same++;
            }
            if (same == HEADER.length()) {
                return true;
            }
        }
        return false;
    }

    /** Whether a file is there and begins as a PDF document does. */
    public static boolean isDocument(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return isDocument(in.readNBytes(HEADER_WITHIN + HEADER.length()));
        } catch (IOException e) {
            // Whoever opens it will say what is wrong.
            return false;
        }
    }

    /**
     * Draws pages of a file.
     *
     * @param password of an encrypted document, or null
     * @param scale pixels per point of a page, from its width and height in points
     * @throws DocumentException in one sentence if the file cannot be read, or a page not be drawn
     */
    public Document read(Path file, Pages pages, @Nullable String password, DoubleBinaryOperator scale) {
        return read(bytes(file), file.toString(), pages, password, scale);
    }

    private byte[] bytes(Path file) {
        int most = (int) Math.min(limits.fileBytes() + 1, Integer.MAX_VALUE - 16);
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(most);
        } catch (NoSuchFileException e) {
            throw new DocumentException(file + " does not exist; check the path of the document", e);
        } catch (IOException e) {
            throw new DocumentException(file + " cannot be read; check that it may be, and that it is a file", e);
        } catch (OutOfMemoryError e) {
            throw new DocumentException(file + " is too large for the memory left; give the JVM more (-Xmx)", e);
        }
    }

    /**
     * Draws pages.
     *
     * @param bytes a whole document
     * @param name what to call it in messages
     * @param password of an encrypted document, or null
     * @param scale pixels per point of a page, from its width and height in points
     * @throws DocumentException in one sentence if the document cannot be read, or a page not be drawn
     */
    public Document read(
            byte[] bytes, String name, Pages pages, @Nullable String password, DoubleBinaryOperator scale) {
        if (bytes.length > limits.fileBytes()) {
            throw new DocumentException(
                    name + " has more than " + limits.fileBytes() + " bytes, the limit for a document");
        }
        if (!isDocument(bytes)) {
            throw new DocumentException(name + " is no PDF document; give one, or the page as a picture");
        }
        Deadline deadline = new Deadline(name, limits.time());
        return deadline.away(places, () -> new Reading(name, limits, deadline, scale).of(bytes, pages, password));
    }
}
