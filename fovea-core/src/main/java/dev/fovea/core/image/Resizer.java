package dev.fovea.core.image;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Resizes pictures to the very bytes that PIL's {@code Image.resize} gives: two passes with an 8-bit
 * picture between them, coefficients in fixed point with 22 fractional bits.
 */
public final class Resizer {
    /** 32 bits less 8 of the sample and 2 for the overshoot of filters with negative lobes. */
    private static final int PRECISION_BITS = 32 - 8 - 2;

    private static final int ROUND = 1 << (PRECISION_BITS - 1);

    /** Multiplications a pass must have before its rows are shared among threads. */
    private static final long WORTH_SHARING = 4_000_000;

    private Resizer() {}

    /**
     * The picture in another size.
     *
     * @param width pixels in a row, at least 1
     * @param height rows, at least 1
     */
    public static RgbImage resize(RgbImage image, int width, int height, Resampling filter) {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("A picture cannot be resized to " + width + "x" + height + " pixels");
        }
        if (width == image.width() && height == image.height()) {
            return image;
        }
        if (filter == Resampling.NEAREST) {
            return nearest(image, width, height);
        }
        Coefficients across = Coefficients.of(image.width(), width, filter);
        Coefficients down = Coefficients.of(image.height(), height, filter);
        if (columnsFirst(image, width, height)) {
            return horizontal(vertical(image, down), across);
        }
        RgbImage narrowed = width == image.width() ? image : horizontal(image, across);
        return height == image.height() ? narrowed : vertical(narrowed, down);
    }

    /**
     * PIL's order of the two passes, which shows in the last bits (and wherever the 8 bits between them clip): rows
     * before columns, unless the height shrinks by more than twice as many pixels as the width (since Pillow 13).
     */
    private static boolean columnsFirst(RgbImage image, int width, int height) {
        int lower = image.height() - height;
        int narrower = image.width() - width;
        return lower > 0 && narrower != 0 && lower > 2L * narrower;
    }

    private static RgbImage nearest(RgbImage image, int width, int height) {
        int[] columns = nearestSources(image.width(), width);
        int[] rows = nearestSources(image.height(), height);
        byte[] in = image.rgb();
        byte[] out = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        for (int y = 0, at = 0; y < height; y++) {
            int row = 3 * rows[y] * image.width();
            for (int x = 0; x < width; x++, at += 3) {
                int from = row + 3 * columns[x];
                out[at] = in[from];
                out[at + 1] = in[from + 1];
                out[at + 2] = in[from + 2];
            }
        }
        return new RgbImage(width, height, out);
    }

    /** Summed up step by step as PIL does, so that rounding falls the same way. */
    private static int[] nearestSources(int in, int out) {
        double step = (double) in / out;
        double at = step * 0.5;
        int[] sources = new int[out];
        for (int i = 0; i < out; i++, at += step) {
            sources[i] = Math.min((int) at, in - 1);
        }
        return sources;
    }

    /** Which source samples make up each output sample, and with which weights. */
    @SuppressWarnings("ArrayRecordComponent") // private, and never compared
    private record Coefficients(int[] bounds, int[] weights, int stride) {
        static Coefficients of(int in, int out, Resampling filter) {
            double scale = (double) in / out;
            double stretch = Math.max(1, scale);
            double support = filter.support() * stretch;
            int stride = (int) Math.ceil(support) * 2 + 1;
            int[] bounds = new int[2 * out];
            int[] weights = new int[Math.multiplyExact(stride, out)];
            double[] real = new double[stride];
            for (int i = 0; i < out; i++) {
                double centre = (i + 0.5) * scale;
                int first = Math.max(0, (int) (centre - support + 0.5));
                int count = Math.min(in, (int) (centre + support + 0.5)) - first;
                double sum = 0;
                for (int k = 0; k < count; k++) {
                    real[k] = filter.weight((k + first - centre + 0.5) * (1 / stretch));
                    sum += real[k];
                }
                for (int k = 0; k < count; k++) {
                    weights[i * stride + k] = fixed(sum == 0 ? real[k] : real[k] / sum);
                }
                bounds[2 * i] = first;
                bounds[2 * i + 1] = count;
            }
            return new Coefficients(bounds, weights, stride);
        }

        private static int fixed(double weight) {
            double scaled = weight * (1 << PRECISION_BITS);
            return (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }

        int first(int i) {
            return bounds[2 * i];
        }

        int count(int i) {
            return bounds[2 * i + 1];
        }
    }

    private static RgbImage horizontal(RgbImage image, Coefficients across) {
        int width = across.bounds.length / 2;
        byte[] in = image.rgb();
        byte[] out = new byte[Math.multiplyExact(3, Math.multiplyExact(width, image.height()))];
        long work = (long) image.height() * width * across.stride;
        rows(image.height(), work).forEach(y -> horizontalRow(in, 3 * y * image.width(), out, 3 * y * width, across));
        return new RgbImage(width, image.height(), out);
    }

    private static void horizontalRow(byte[] in, int from, byte[] out, int to, Coefficients across) {
        int[] weights = across.weights;
        int width = across.bounds.length / 2;
        for (int x = 0, at = to; x < width; x++, at += 3) {
            int k = x * across.stride;
            int last = k + across.count(x);
            int red = ROUND;
            int green = ROUND;
            int blue = ROUND;
            for (int p = from + 3 * across.first(x); k < last; k++, p += 3) {
                int w = weights[k];
                red += (in[p] & 0xff) * w;
                green += (in[p + 1] & 0xff) * w;
                blue += (in[p + 2] & 0xff) * w;
            }
            out[at] = clip(red);
            out[at + 1] = clip(green);
            out[at + 2] = clip(blue);
        }
    }

    private static RgbImage vertical(RgbImage image, Coefficients down) {
        int height = down.bounds.length / 2;
        int line = 3 * image.width();
        byte[] in = image.rgb();
        byte[] out = new byte[Math.multiplyExact(line, height)];
        rows(height, (long) line * height * down.stride).forEach(y -> verticalRow(in, line, out, y, down));
        return new RgbImage(image.width(), height, out);
    }

    /** One output row: source rows are added to it one after the other, which runs along memory. */
    private static void verticalRow(byte[] in, int line, byte[] out, int y, Coefficients down) {
        int[] sums = new int[line];
        Arrays.fill(sums, ROUND);
        for (int k = 0; k < down.count(y); k++) {
            int w = down.weights[y * down.stride + k];
            int from = (down.first(y) + k) * line;
            for (int i = 0; i < line; i++) {
                sums[i] += (in[from + i] & 0xff) * w;
            }
        }
        for (int i = 0, to = y * line; i < line; i++) {
            out[to + i] = clip(sums[i]);
        }
    }

    private static IntStream rows(int count, long work) {
        IntStream rows = IntStream.range(0, count);
        return work >= WORTH_SHARING ? rows.parallel() : rows;
    }

    private static byte clip(int fixed) {
        return (byte) Math.clamp(fixed >> PRECISION_BITS, 0, 255);
    }
}
