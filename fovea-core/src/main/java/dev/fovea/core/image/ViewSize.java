package dev.fovea.core.image;

import dev.fovea.core.path.Part;

/**
 * The size of one view.
 *
 * @param height rows of pixels that its visual tokens stand for
 * @param width pixels in a row that they stand for
 * @param part what it shows
 * @param encodedHeight rows of pixels that the encoder takes, padding included
 * @param encodedWidth pixels in a row that the encoder takes
 */
public record ViewSize(int height, int width, Part part, int encodedHeight, int encodedWidth) {

    /** A view all of which becomes visual tokens. */
    public ViewSize(int height, int width, Part part) {
        this(height, width, part, height, width);
    }
}
