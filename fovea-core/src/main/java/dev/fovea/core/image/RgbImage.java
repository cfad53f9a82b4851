package dev.fovea.core.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;

/**
 * Pixels in 8-bit RGB, row after row from the top left, three bytes a pixel. The array is shared, not copied: whoever
 * makes an image gives it away.
 */
public final class RgbImage {
    private final int width;
    private final int height;
    private final byte[] rgb;

    /**
     * @param width pixels in a row, at least 1
     * @param height rows, at least 1
     * @param rgb {@code [height, width, 3]}
     */
    public RgbImage(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
            throw new IllegalArgumentException(
                    "A picture of " + width + "x" + height + " pixels cannot have " + rgb.length + " bytes");
        }
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /** A picture of one colour; each channel is 0 to 255. */
    public static RgbImage filled(int width, int height, int red, int green, int blue) {
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) red;
            rgb[i + 1] = (byte) green;
            rgb[i + 2] = (byte) blue;
        }
        return new RgbImage(width, height, rgb);
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** The bytes themselves, {@code [height, width, 3]}. */
    public byte[] rgb() {
        return rgb;
    }

    /** One channel (0 red, 1 green, 2 blue) of one pixel, 0 to 255. */
    public int sample(int x, int y, int channel) {
        return rgb[3 * (y * width + x) + channel] & 0xff;
    }

    /** A copy for drawing and saving with the JDK's means. */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        byte[] bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        for (int i = 0; i < rgb.length; i += 3) {
            bgr[i] = rgb[i + 2];
            bgr[i + 1] = rgb[i + 1];
            bgr[i + 2] = rgb[i];
        }
        return image;
    }

    /** Lays another picture over this one; it must fit. */
    void paste(RgbImage other, int left, int top) {
        for (int y = 0; y < other.height; y++) {
            System.arraycopy(other.rgb, 3 * y * other.width, rgb, 3 * ((top + y) * width + left), 3 * other.width);
        }
    }

    /** A part of this picture, which must lie within it. */
    RgbImage cut(int left, int top, int partWidth, int partHeight) {
        if (left == 0 && top == 0 && partWidth == width && partHeight == height) {
            return this;
        }
        byte[] part = new byte[Math.multiplyExact(3, Math.multiplyExact(partWidth, partHeight))];
        for (int y = 0; y < partHeight; y++) {
            System.arraycopy(rgb, 3 * ((top + y) * width + left), part, 3 * y * partWidth, 3 * partWidth);
        }
        return new RgbImage(partWidth, partHeight, part);
    }

    /** The RGB of an image made by the JDK's means; transparency is dropped, not composited. */
    public static RgbImage of(BufferedImage image) {
        return Rasters.toRgb(image);
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + "x" + height + "]";
    }
}
