package dev.fovea.core.image;

import dev.fovea.core.ffmpeg.DecodedFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Luma and chroma planes put together from decoded frames, and their RGB as libavif does (and so PIL): chroma of half the size is
 * spread bilinearly; eight bits go through libyuv's fixed-point arithmetic, more bits through real numbers.
 */
final class YuvPicture {
    private static final int NCLX = 0x6e636c78;
    private static final int IDENTITY = 0;
    private static final int BT709 = 1;
    private static final int UNSPECIFIED = 2;
    private static final int YCGCO = 8;
    private static final int BT2020 = 9;

    /** libyuv's factors for Y in 16 bits and, in 6, for the offset, Cb to blue, Cb and Cr to green, Cr to red. */
    private static final int[][] LIMITED_FACTORS = {
        {18997, -1160, 128, 25, 52, 102}, {18997, -1160, 128, 14, 34, 115}, {19003, -1160, 128, 12, 42, 107}
    };

    private static final int[][] FULL_FACTORS = {
        {16320, 32, 113, 22, 46, 90}, {16320, 32, 119, 12, 30, 101}, {16320, 32, 120, 11, 37, 94}
    };

    /** The share of red and of blue in luma. */
    private static final double[][] SHARES = {{0.299, 0.114}, {0.2126, 0.0722}, {0.2627, 0.0593}};

    private final DecodedFrame.Layout layout;
    private final int width;
    private final int height;
    private final int depth;
    private final boolean full;
    private final boolean identity;
    private final int standard;
    private final Plane[] planes;

    /** One plane; each of its samples stands for {@code 1 << shiftX} by {@code 1 << shiftY} pixels. */
    @SuppressWarnings("ArrayRecordComponent") // private, and never compared
    private record Plane(short[] samples, int width, int height, int shiftX, int shiftY) {
        static Plane empty(int width, int height, int shiftX, int shiftY) {
            int across = Math.ceilDiv(width, 1 << shiftX);
            int down = Math.ceilDiv(height, 1 << shiftY);
            return new Plane(new short[Math.multiplyExact(across, down)], across, down, shiftX, shiftY);
        }

        int at(int x, int y) {
            return samples[y * width + x] & 0xffff;
        }

        /** The value at a pixel, times 16; {@code last} is the last column of the picture, which has no neighbour. */
        int sixteenfold(int x, int y, int last, int rounding) {
            int nearX = x >> shiftX;
            int nearY = y >> shiftY;
            int farX = shiftX == 0 || x == last ? nearX : Math.clamp(nearX + ((x & 1) == 1 ? 1 : -1), 0, width - 1);
            int farY = shiftY == 0 ? nearY : Math.clamp(nearY + ((y & 1) == 1 ? 1 : -1), 0, height - 1);
            int sum = 9 * at(nearX, nearY) + 3 * at(farX, nearY) + 3 * at(nearX, farY) + at(farX, farY);
            return sum + rounding;
        }
    }

    /**
     * A picture still to be filled.
     *
     * @param layout that of the frames it is made of
     * @param said the file's colour box, or null; what it says counts more than what the coded picture says
     */
    YuvPicture(DecodedFrame.Layout layout, @Nullable ByteBuffer said, int width, int height) {
        int matrix = layout.matrix();
        boolean wholeRange = layout.fullRange();
        if (said != null && said.remaining() >= 11 && said.getInt(0) == NCLX) {
            matrix = said.getShort(8) == UNSPECIFIED ? matrix : said.getShort(8);
            wholeRange = said.get(10) < 0;
        }
        boolean colour = layout.components() >= 3;
        this.layout = layout;
        this.width = width;
        this.height = height;
        this.depth = layout.depth();
        this.full = wholeRange;
        this.identity = colour && (matrix == IDENTITY || layout.rgb());
        this.standard = matrix == BT709 ? 1 : matrix == BT2020 ? 2 : 0;
        int shiftX = layout.shiftX();
        int shiftY = layout.shiftY();
        boolean odd = shiftX > 1 || shiftY > 1 || depth < 8 || depth > 16 || !layout.planar();
        if (matrix == YCGCO || odd) {
            throw new UnsupportedPictureException("a HEIF picture with unusual colours");
        }
        this.planes = new Plane[colour ? 3 : 1];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = i == 0 ? Plane.empty(width, height, 0, 0) : Plane.empty(width, height, shiftX, shiftY);
        }
    }

    /** Takes over as much of a frame as fits, its upper left corner at {@code (left, top)}. */
    void take(DecodedFrame frame, int left, int top) throws IOException {
        if (!sameSamples(frame.layout()) || left < 0 || top < 0) {
            throw new IOException("The tiles do not fit together");
        }
        for (int i = 0; i < planes.length; i++) {
            Plane plane = planes[i];
            int x = left >> plane.shiftX;
            int y = top >> plane.shiftY;
            int across = Math.min(plane.width - x, Math.ceilDiv(frame.width(), 1 << plane.shiftX));
            int down = Math.min(plane.height - y, Math.ceilDiv(frame.height(), 1 << plane.shiftY));
            for (int row = 0; row < down && across > 0; row++) {
                frame.row(i, row, plane.samples, (y + row) * plane.width + x, across);
            }
        }
    }

    /** What tiles say about their colours may differ: the first one's counts. */
    private boolean sameSamples(DecodedFrame.Layout other) {
        return other.components() == layout.components()
                && other.depth() == layout.depth()
                && other.shiftX() == layout.shiftX()
                && other.shiftY() == layout.shiftY()
                && other.rgb() == layout.rgb()
                && other.planar() == layout.planar();
    }

    RgbImage toRgb() {
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++, at += 3) {
                if (identity) {
                    copy(x, y, rgb, at);
                } else if (depth == 8 && planes.length == 3) {
                    fixedPoint(x, y, rgb, at);
                } else {
                    real(x, y, rgb, at);
                }
            }
        }
        return new RgbImage(width, height, rgb);
    }

    /** Green, blue and red as they are. */
    private void copy(int x, int y, byte[] rgb, int at) {
        int most = (1 << depth) - 1;
        for (int i = 0; i < 3; i++) {
            rgb[at + (i + 1) % 3] = (byte) ((planes[i].at(x, y) * 255L + most / 2) / most);
        }
    }

    private void fixedPoint(int x, int y, byte[] rgb, int at) {
        int[] factors = (full ? FULL_FACTORS : LIMITED_FACTORS)[standard];
        int luma = (planes[0].at(x, y) * 257 * factors[0] >>> 16) + factors[1];
        int cb = (planes[1].sixteenfold(x, y, width - 1, 8) >> 4) - 128;
        int cr = (planes[2].sixteenfold(x, y, width - 1, 8) >> 4) - 128;
        rgb[at] = (byte) Math.clamp((luma + factors[5] * cr) >> 6, 0, 255);
        rgb[at + 1] = (byte) Math.clamp((luma - factors[3] * cb - factors[4] * cr) >> 6, 0, 255);
        rgb[at + 2] = (byte) Math.clamp((luma + factors[2] * cb) >> 6, 0, 255);
    }

    private void real(int x, int y, byte[] rgb, int at) {
        double red = SHARES[standard][0];
        double blue = SHARES[standard][1];
        double unit = full ? (1 << depth) - 1 : 219 << (depth - 8);
        double luma = (planes[0].at(x, y) - (full ? 0 : 16 << (depth - 8))) / unit;
        double cb = planes.length == 3 ? chroma(planes[1], x, y) : 0;
        double cr = planes.length == 3 ? chroma(planes[2], x, y) : 0;
        rgb[at] = level(luma + 2 * (1 - red) * cr);
        rgb[at + 1] = level(luma - 2 * (red * (1 - red) * cr + blue * (1 - blue) * cb) / (1 - red - blue));
        rgb[at + 2] = level(luma + 2 * (1 - blue) * cb);
    }

    private double chroma(Plane plane, int x, int y) {
        double unit = full ? (1 << depth) - 1 : 224 << (depth - 8);
        return (plane.sixteenfold(x, y, Integer.MAX_VALUE, 0) / 16.0 - (1 << (depth - 1))) / unit;
    }

    private static byte level(double value) {
        return (byte) (0.5 + 255 * Math.clamp(value, 0, 1));
    }
}
