package dev.fovea.core.image;

import dev.fovea.core.path.Part;

/**
 * The size of one view as the encoder takes it.
 *
 * @param height rows of pixels
 * @param width pixels in a row
 * @param part what it shows
 */
public record ViewSize(int height, int width, Part part) {}
