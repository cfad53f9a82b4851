package dev.fovea.core.image;

/**
 * PIL's resampling filters, with the numbers that {@code preprocessor_config.json} gives them under {@code resample}.
 * When a picture shrinks, each filter but {@link #NEAREST} is stretched to cover all source pixels of an output pixel
 * (antialiasing).
 */
public enum Resampling {
    NEAREST(0, 0),
    LANCZOS(1, 3),
    BILINEAR(2, 1),
    BICUBIC(3, 2),
    BOX(4, 0.5),
    HAMMING(5, 1);

    private final int code;
    private final double support;

    Resampling(int code, double support) {
        this.code = code;
        this.support = support;
    }

    /** PIL's number of this filter. */
    public int code() {
        return code;
    }

    /** Half the width of the filter, in source pixels when nothing is scaled. */
    double support() {
        return support;
    }

    /** The filter of a PIL number. */
    public static Resampling of(int code) {
        for (Resampling r : values()) {
            if (r.code == code) {
                return r;
            }
        }
        throw new IllegalArgumentException("There is no resampling filter " + code + "; PIL numbers them 0 to 5");
    }

    /** The weight of a source pixel {@code x} pixels from the centre. */
    double weight(double x) {
        return switch (this) {
            case NEAREST -> throw new IllegalStateException("NEAREST picks pixels and weighs none");
            case BOX -> x > -0.5 && x <= 0.5 ? 1 : 0;
            case BILINEAR -> Math.max(0, 1 - Math.abs(x));
            case HAMMING -> hamming(Math.abs(x));
            case BICUBIC -> bicubic(Math.abs(x));
            case LANCZOS -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
        };
    }

    private static double hamming(double x) {
        return x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x));
    }

    /** Keys' cubic convolution with a = −0.5. */
    private static double bicubic(double x) {
        double a = -0.5;
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    }
}
