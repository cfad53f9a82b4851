package dev.fovea.core.image;

/**
 * Dynamic resolution as Qwen's vision-language models use it: a picture keeps its aspect ratio as well as whole tokens
 * allow, and is scaled only where it has too few or too many pixels (Qwen2-VL, arXiv 2409.12191, section 2.1;
 * {@code smart_resize} of the published processor).
 *
 * @param multiple both sides become multiples of this: patch size times the patches a token's side spans
 * @param minPixels a picture with fewer pixels is enlarged; so is a video, where its frames are bounded together
 * @param maxPixels a picture with more is made smaller
 */
public record DynamicSize(int multiple, long minPixels, long maxPixels) {
    /** The longest side over the shortest that the published models were made for. */
    private static final int MAX_ASPECT = 200;

    public DynamicSize {
        if (multiple < 1 || minPixels < 1 || maxPixels < minPixels || maxPixels < (long) multiple * multiple) {
            throw new IllegalArgumentException("Sizes in multiples of " + multiple + " with " + minPixels + " to "
                    + maxPixels + " pixels do not exist");
        }
    }

    /** Width and height in pixels. */
    public record Size(int width, int height) {}

    /**
     * The size that a picture of {@code width} by {@code height} pixels is resized to.
     *
     * @throws PictureException if it is more than 200 times as long as wide
     */
    public Size of(int width, int height) {
        return of(width, height, 1, 1);
    }

    /**
     * The size of each frame of a video whose frames are bounded together, as Qwen3-VL's published video processor has
     * it.
     *
     * @param frames of the video
     * @param together frames that the encoder takes at once; so many are counted at least
     * @throws PictureException as for a picture
     */
    public Size ofVideo(int width, int height, int frames, int together) {
        int least = Math.min(width, height);
        if (least < multiple) {
            double grow = (double) multiple / least;
            return of((int) (width * grow), (int) (height * grow), Math.max(frames, together), together);
        }
        return of(width, height, Math.max(frames, together), together);
    }

    private Size of(int width, int height, int frames, int together) {
        if (Math.max(width, height) > (long) MAX_ASPECT * Math.min(width, height)) {
            throw new PictureException("A picture of " + width + "x" + height + " pixels is more than " + MAX_ASPECT
                    + " times as long as wide, which this model does not take; crop it first");
        }
        // Halves go to the even neighbour, as Python rounds them.
        double rows = Math.rint((double) height / multiple) * multiple;
        double columns = Math.rint((double) width / multiple) * multiple;
        double pixels = (double) frames * height * width;
        double area = Math.rint((double) frames / together) * together * rows * columns;
        if (area > maxPixels) {
            double shrink = Math.sqrt(pixels / maxPixels);
            rows = Math.max(multiple, Math.floor(height / shrink / multiple) * multiple);
            columns = Math.max(multiple, Math.floor(width / shrink / multiple) * multiple);
        } else if (area < minPixels) {
            double grow = Math.sqrt(minPixels / pixels);
            rows = Math.ceil(height * grow / multiple) * multiple;
            columns = Math.ceil(width * grow / multiple) * multiple;
        }
        return new Size(Math.toIntExact((long) columns), Math.toIntExact((long) rows));
    }
}
