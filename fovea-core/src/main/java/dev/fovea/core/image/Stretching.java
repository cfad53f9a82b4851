package dev.fovea.core.image;

import dev.fovea.core.path.Part;

/** A picture as one view, resized to a size of choice whatever its aspect ratio. */
record Stretching(Resampling resampling, PixelTable pixels) {

    PreparedImage view(RgbImage picture, Part part, int width, int height) {
        Geometry geometry = Geometry.resized(picture, width, height);
        RgbImage resized = Resizer.resize(picture, width, height, resampling);
        return new PreparedImage(pixels.crop(resized, geometry), geometry, pixels.normalization(), part);
    }
}
