package dev.fovea.document;

import java.time.Duration;

/**
 * How much a document may ask for. What is beyond a limit is refused in one sentence.
 *
 * @param pages most pages that are drawn at once; 32 by default
 * @param pagePixels most pixels (width times height) that a page is drawn with; 2,200,000 by default, which is an A4
 *     page at 150 dots per inch
 * @param picturePixels most pixels of a picture that a page shows; 100 million by default
 * @param fileBytes most bytes of a document; 256 MiB by default
 * @param unfoldedBytes most bytes that everything compressed on a page, and each compressed part of the document, may
 *     unfold to; 256 MiB by default
 * @param time how long one document may take; one minute by default
 */
public record DocumentLimits(
        int pages, long pagePixels, long picturePixels, long fileBytes, long unfoldedBytes, Duration time) {
    /** The documented defaults. */
    public static final DocumentLimits DEFAULT =
            new DocumentLimits(32, 2_200_000, 100_000_000, 256L << 20, 256L << 20, Duration.ofMinutes(1));

    /** For documents of requests that come from others: at most 16 pages, unfolded to 128 MiB, drawn in 20 seconds. */
    public static final DocumentLimits OF_REQUESTS =
            DEFAULT.withPages(16).withUnfoldedBytes(128L << 20).withTime(Duration.ofSeconds(20));

    private static final long MOST_PIXELS = Integer.MAX_VALUE / 4;

    public DocumentLimits {
        if (pages < 1 || fileBytes < 1 || unfoldedBytes < 1 || !time.isPositive()) {
            throw new IllegalArgumentException("The limits on a document's pages, bytes and time must be above zero.");
        }
        if (pagePixels < 1 || pagePixels > MOST_PIXELS || picturePixels < 1 || picturePixels > MOST_PIXELS) {
            throw new IllegalArgumentException(
                    "The limits on a document's pixels must lie between 1 and " + MOST_PIXELS + ".");
        }
    }

    public DocumentLimits withPages(int most) {
        return new DocumentLimits(most, pagePixels, picturePixels, fileBytes, unfoldedBytes, time);
    }

    public DocumentLimits withPagePixels(long most) {
        return new DocumentLimits(pages, most, picturePixels, fileBytes, unfoldedBytes, time);
    }

    public DocumentLimits withPicturePixels(long most) {
        return new DocumentLimits(pages, pagePixels, most, fileBytes, unfoldedBytes, time);
    }

    public DocumentLimits withFileBytes(long most) {
        return new DocumentLimits(pages, pagePixels, picturePixels, most, unfoldedBytes, time);
    }

    public DocumentLimits withUnfoldedBytes(long most) {
        return new DocumentLimits(pages, pagePixels, picturePixels, fileBytes, most, time);
    }

    public DocumentLimits withTime(Duration most) {
        return new DocumentLimits(pages, pagePixels, picturePixels, fileBytes, unfoldedBytes, most);
    }
}
