package dev.fovea.core.image;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferInt;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;
import java.awt.image.SinglePixelPackedSampleModel;

/**
 * From decoded rasters to RGB as PIL's {@code convert("RGB")} does it: samples are taken as stored (the JDK's
 * {@code getRGB} would send grey through a gamma curve), alpha is dropped, 16 bits are shifted down to 8, palettes are
 * looked up.
 */
final class Rasters {
    private Rasters() {}

    static RgbImage toRgb(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        Raster raster = image.getRaster();
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        if (image.getColorModel() instanceof IndexColorModel palette) {
            fromPalette(raster, palette, rgb);
        } else if (raster.getSampleModel() instanceof ComponentSampleModel model
                && raster.getDataBuffer() instanceof DataBufferByte data
                && data.getNumBanks() == 1
                && raster.getSampleModelTranslateX() == 0
                && raster.getSampleModelTranslateY() == 0) {
            fromBytes(model, data, width, height, rgb);
        } else if (image.getType() == BufferedImage.TYPE_INT_RGB || image.getType() == BufferedImage.TYPE_INT_ARGB) {
            fromPacked(raster, rgb);
        } else {
            fromSamples(raster, rgb);
        }
        return new RgbImage(width, height, rgb);
    }

    private static void fromPalette(Raster raster, IndexColorModel palette, byte[] rgb) {
        int size = palette.getMapSize();
        byte[] red = new byte[size];
        byte[] green = new byte[size];
        byte[] blue = new byte[size];
        palette.getReds(red);
        palette.getGreens(green);
        palette.getBlues(blue);
        int[] row = new int[raster.getWidth()];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
            for (int index : row) {
                int i = Math.min(index, size - 1);
                rgb[at++] = red[i];
                rgb[at++] = green[i];
                rgb[at++] = blue[i];
            }
        }
    }

    /** Bytes a sample, interleaved in whatever order: what nearly every photograph decodes to. */
    private static void fromBytes(ComponentSampleModel model, DataBufferByte data, int width, int height, byte[] rgb) {
        byte[] bytes = data.getData();
        int[] bands = model.getBandOffsets();
        boolean colour = bands.length >= 3;
        int red = bands[0];
        int green = bands[colour ? 1 : 0];
        int blue = bands[colour ? 2 : 0];
        int step = model.getPixelStride();
        for (int y = 0, at = 0; y < height; y++) {
            int from = data.getOffset() + y * model.getScanlineStride();
            for (int x = 0; x < width; x++, from += step, at += 3) {
                rgb[at] = bytes[from + red];
                rgb[at + 1] = bytes[from + green];
                rgb[at + 2] = bytes[from + blue];
            }
        }
    }

    /** Red, green and blue in the three low bytes of an int. */
    private static void fromPacked(Raster raster, byte[] rgb) {
        int[] pixels = ((DataBufferInt) raster.getDataBuffer()).getData();
        int stride = ((SinglePixelPackedSampleModel) raster.getSampleModel()).getScanlineStride();
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            int from = y * stride;
            for (int x = 0; x < raster.getWidth(); x++, at += 3) {
                int pixel = pixels[from + x];
                rgb[at] = (byte) (pixel >> 16);
                rgb[at + 1] = (byte) (pixel >> 8);
                rgb[at + 2] = (byte) pixel;
            }
        }
    }

    private static void fromSamples(Raster raster, byte[] rgb) {
        SampleModel model = raster.getSampleModel();
        int type = model.getDataType();
        boolean real = type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE;
        int width = raster.getWidth();
        boolean colour = model.getNumBands() >= 3;
        int[] row = new int[width];
        for (int channel = 0; channel < 3; channel++) {
            int band = colour ? channel : 0;
            int bits = model.getSampleSize(band);
            for (int y = 0; y < raster.getHeight(); y++) {
                raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, band, row);
                for (int x = 0; x < width; x++) {
                    rgb[3 * (y * width + x) + channel] = (byte) (real ? clip(row[x]) : toByte(row[x], bits));
                }
            }
        }
    }

    /** A sample of this many bits as 8: the high byte, or stretched to the full range. */
    private static int toByte(int value, int bits) {
        return bits >= 8 ? value >>> (bits - 8) : value * 255 / ((1 << bits) - 1);
    }

    private static int clip(int value) {
        return Math.clamp(value, 0, 255);
    }

    /**
     * The raw samples of a four-component JPEG as RGB, by PIL's arithmetic.
     *
     * @param adobe the transform of the Adobe marker, or -1; files with the marker store the inks inverted
     */
    static RgbImage fromInks(Raster raster, int adobe) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        int[] row = new int[4 * width];
        for (int y = 0, at = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int i = 0; i < row.length; i += 4, at += 3) {
                if (adobe == 2) {
                    undoYcck(row, i);
                }
                int invert = adobe >= 0 ? 255 : 0;
                ink(row[i] ^ invert, row[i + 1] ^ invert, row[i + 2] ^ invert, row[i + 3] ^ invert, rgb, at);
            }
        }
        return new RgbImage(width, height, rgb);
    }

    /** Cyan, magenta, yellow and black, 0 for no ink, as RGB at {@code rgb[at]}. */
    static void ink(int cyan, int magenta, int yellow, int black, byte[] rgb, int at) {
        int paper = 255 - black;
        rgb[at] = (byte) (paper - scaled(cyan, paper));
        rgb[at + 1] = (byte) (paper - scaled(magenta, paper));
        rgb[at + 2] = (byte) (paper - scaled(yellow, paper));
    }

    /** The product of two bytes divided by 255, rounded. */
    private static int scaled(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }

    /**
     * YCbCr with chroma around 0 as RGB, with 16-bit constants.
     *
     * @param cbToGreen how much Cb takes from green: libjpeg rounds 0.34414, libtiff 0.344136
     */
    static void lumaAndChroma(int y, int cb, int cr, int cbToGreen, byte[] rgb, int at) {
        int half = 1 << 15;
        rgb[at] = (byte) clip(y + ((91881 * cr + half) >> 16));
        rgb[at + 1] = (byte) clip(y + ((-cbToGreen * cb - 46802 * cr + half) >> 16));
        rgb[at + 2] = (byte) clip(y + ((116130 * cb + half) >> 16));
    }

    /** YCbCr to the inks it stands for. */
    private static void undoYcck(int[] row, int i) {
        byte[] rgb = new byte[3];
        lumaAndChroma(row[i], row[i + 1] - 128, row[i + 2] - 128, 22554, rgb, 0);
        for (int c = 0; c < 3; c++) {
            row[i + c] = 255 - (rgb[c] & 0xff);
        }
    }
}
