package dev.fovea.core.image;

import dev.fovea.core.path.Part;

/**
 * A picture on its way to an encoder that sees tiles of one size: the original, and the same stretched to whole tiles.
 *
 * @param original upright
 * @param stretched what tiles are cut out of and the overview is made from
 * @param width pixels in a row of a tile
 * @param height rows of a tile
 * @param resampling the filter of the overview
 */
record TiledPicture(
        RgbImage original, RgbImage stretched, int width, int height, Resampling resampling, PixelTable pixels) {

    /** One tile; rows and columns count from 0 at the top left. */
    PreparedImage tile(int row, int column) {
        Geometry geometry = Geometry.cut(
                original, stretched.width(), stretched.height(), column * width, row * height, width, height);
        return new PreparedImage(
                pixels.crop(stretched, geometry), geometry, pixels.normalization(), new Part.Tile(row, column));
    }

    /** All of it in one tile, whatever its aspect ratio. */
    PreparedImage overview(Part part) {
        Geometry geometry = Geometry.resized(original, width, height);
        RgbImage small = stretched(stretched, width, height, resampling);
        return new PreparedImage(pixels.crop(small, geometry), geometry, pixels.normalization(), part);
    }

    /** A picture at another size, or itself. */
    static RgbImage stretched(RgbImage image, int width, int height, Resampling resampling) {
        return image.width() == width && image.height() == height
                ? image
                : Resizer.resize(image, width, height, resampling);
    }
}
