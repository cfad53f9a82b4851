package dev.fovea.core.image;

import java.awt.image.Raster;

/**
 * From the samples of a TIFF to RGB, as PIL's modes and {@code convert("RGB")} have it: grey of more than eight bits is
 * taken as numbers and clipped to 0..255, colours of sixteen bits give their high byte, inks are not inverted,
 * premultiplied colours are divided by their alpha.
 */
final class TiffColours {
    private final TiffPicture picture;
    private final Raster raster;
    private final int width;
    private final byte[] rgb;

    private TiffColours(TiffPicture picture, Raster raster) {
        this.picture = picture;
        this.raster = raster;
        this.width = raster.getWidth();
        this.rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, raster.getHeight()))];
    }

    static RgbImage toRgb(TiffPicture picture, Raster raster) {
        TiffColours colours = new TiffColours(picture, raster);
        switch (picture.photometric()) {
            case 0, 1 -> colours.grey();
            case 2 -> colours.colours();
            case 3 -> colours.palette();
            case TiffPicture.CMYK -> colours.inks();
            case TiffPicture.YCBCR -> colours.lumaAndChroma();
            case TiffPicture.LAB -> colours.lab();
            default -> throw new IllegalArgumentException("photometric " + picture.photometric());
        }
        return new RgbImage(colours.width, raster.getHeight(), colours.rgb);
    }

    private void grey() {
        int bits = picture.bits();
        boolean inverted = picture.photometric() == 0 && bits <= 8;
        double[] row = new double[width];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (double stored : row) {
                int value = bits < 8 ? (int) stored * 255 / ((1 << bits) - 1) : number(stored);
                int grey = inverted ? 255 - value : value;
                rgb[at++] = (byte) grey;
                rgb[at++] = (byte) grey;
                rgb[at++] = (byte) grey;
            }
        }
    }

    /** A grey value as it stands, without its fraction and clipped; signed ones come from the decoder as unsigned. */
    private int number(double stored) {
        int bits = picture.bits();
        double value = stored;
        if (picture.format() == 2 && bits == 16) {
            value = (short) (int) stored;
        } else if (picture.format() != 3 && bits == 32) {
            value = (int) (long) stored;
        }
        return value >= 255 ? 255 : value > 0 ? (int) value : 0;
    }

    /** The first three samples of each pixel; of sixteen bits the high byte. */
    private void colours() {
        int bands = raster.getNumBands();
        boolean divide = picture.premultiplied() && bands > 3;
        int[] row = new int[width * bands];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            bytes(y, row);
            for (int i = 0; i < row.length; i += bands, at += 3) {
                int alpha = divide ? row[i + 3] : 255;
                for (int c = 0; c < 3; c++) {
                    rgb[at + c] =
                            (byte) (alpha == 255 || alpha == 0 ? row[i + c] : Math.min(255, row[i + c] * 255 / alpha));
                }
                if (alpha == 0) {
                    rgb[at] = rgb[at + 1] = rgb[at + 2] = 0;
                }
            }
        }
    }

    /** One row of samples, all bands of a pixel together, reduced to eight bits. */
    private void bytes(int y, int[] row) {
        raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
        int bits = picture.bits();
        for (int i = 0; bits != 8 && i < row.length; i++) {
            row[i] = bits > 8 ? row[i] >>> (bits - 8) : row[i] * 255 / ((1 << bits) - 1);
        }
    }

    /** The map has all reds, then all greens, then all blues, in sixteen bits. */
    private void palette() {
        long[] map = picture.tags().numbers(320);
        int size = map.length / 3;
        if (size == 0) {
            throw new IllegalArgumentException("no palette");
        }
        int[] row = new int[width];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (int index : row) {
                for (int c = 0; c < 3; c++) {
                    rgb[at++] = index < size ? (byte) (map[c * size + index] >> 8) : 0;
                }
            }
        }
    }

    private void inks() {
        int bands = raster.getNumBands();
        int[] row = new int[width * bands];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            bytes(y, row);
            for (int i = 0; i < row.length; i += bands, at += 3) {
                Rasters.ink(row[i], row[i + 1], row[i + 2], row[i + 3], rgb, at);
            }
        }
    }

    /** libtiff's arithmetic for its default coefficients (CCIR 601) and the full range of values. */
    private void lumaAndChroma() {
        int[] row = new int[width * raster.getNumBands()];
        int bands = raster.getNumBands();
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            bytes(y, row);
            for (int i = 0; i < row.length; i += bands, at += 3) {
                if (bands < 3) {
                    rgb[at] = rgb[at + 1] = rgb[at + 2] = (byte) row[i];
                } else {
                    Rasters.lumaAndChroma(row[i], row[i + 1] - 128, row[i + 2] - 128, 22553, rgb, at);
                }
            }
        }
    }

    /** a* and b* are signed bytes in a TIFF, and lie around 128 in profiles. */
    private void lab() {
        int bands = raster.getNumBands();
        int[] row = new int[width * bands];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            bytes(y, row);
            for (int i = 0; i < row.length; i += bands, at += 3) {
                LabColours.toRgb(row[i], row[i + 1] ^ 0x80, row[i + 2] ^ 0x80, rgb, at);
            }
        }
    }
}
