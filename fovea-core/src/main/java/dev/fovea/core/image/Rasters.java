package dev.fovea.core.image;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;

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
                int paper = 255 - (row[i + 3] ^ invert);
                for (int c = 0; c < 3; c++) {
                    int ink = (row[i + c] ^ invert) * paper + 128;
                    rgb[at + c] = (byte) (paper - (((ink >> 8) + ink) >> 8));
                }
            }
        }
        return new RgbImage(width, height, rgb);
    }

    /** YCbCr to the inks it stands for, with the 16-bit constants of JFIF decoders. */
    private static void undoYcck(int[] row, int i) {
        int y = row[i];
        int cb = row[i + 1] - 128;
        int cr = row[i + 2] - 128;
        int half = 1 << 15;
        row[i] = 255 - clip(y + ((91881 * cr + half) >> 16));
        row[i + 1] = 255 - clip(y + ((-22554 * cb - 46802 * cr + half) >> 16));
        row[i + 2] = 255 - clip(y + ((116130 * cb + half) >> 16));
    }
}
