package dev.fovea.core.image;

import java.time.Duration;

/**
 * How much a picture file may ask for. What is beyond a limit is refused in one sentence, nearly always from the file's
 * header and before a pixel is decoded.
 *
 * @param pixels the most pixels (width times height) that are decoded, at most {@code Integer.MAX_VALUE / 3};
 *     178,956,970 by default, where PIL raises its decompression-bomb error
 * @param fileBytes the most bytes a file or stream may have; 1 GiB by default
 * @param scans the most scans of a progressive JPEG; 100 by default, several times what encoders write
 * @param metadataBytes the most bytes that compressed metadata (text chunks of PNG) are inflated to; what is longer is
 *     left aside; 4 MiB by default
 * @param time how long one picture may take to decode; one minute by default
 */
public record PictureLimits(long pixels, long fileBytes, int scans, int metadataBytes, Duration time) {
    /** The documented defaults. */
    public static final PictureLimits DEFAULT =
            new PictureLimits(178_956_970, 1L << 30, 100, 4 << 20, Duration.ofMinutes(1));

    private static final long MOST_PIXELS = Integer.MAX_VALUE / 3;

    public PictureLimits {
        if (pixels < 1 || pixels > MOST_PIXELS) {
            throw new IllegalArgumentException(
                    "The limit on a picture's pixels must lie between 1 and " + MOST_PIXELS + ", not " + pixels);
        }
        if (fileBytes < 1 || scans < 1 || metadataBytes < 1 || !time.isPositive()) {
            throw new IllegalArgumentException("The limits on bytes, scans and time of a picture must be above zero");
        }
    }

    public PictureLimits withPixels(long most) {
        return new PictureLimits(most, fileBytes, scans, metadataBytes, time);
    }

    public PictureLimits withFileBytes(long most) {
        return new PictureLimits(pixels, most, scans, metadataBytes, time);
    }

    public PictureLimits withScans(int most) {
        return new PictureLimits(pixels, fileBytes, most, metadataBytes, time);
    }

    public PictureLimits withTime(Duration most) {
        return new PictureLimits(pixels, fileBytes, scans, metadataBytes, most);
    }
}
