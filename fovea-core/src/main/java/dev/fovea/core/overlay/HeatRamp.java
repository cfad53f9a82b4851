package dev.fovea.core.overlay;

/**
 * Colours from low to high for the heat map: violet over blue and teal to yellow, with lightness rising in even steps.
 * Because lightness alone orders the colours, the ramp reads the same with any colour vision and in grey print.
 *
 * <p>Steps are even in OKLab (Ottosson 2020, "A perceptual color space for image processing"); chroma gives way where
 * sRGB cannot show it.
 */
final class HeatRamp {
    private static final int STEPS = 256;
    private static final double DARKEST = 0.34;
    private static final double LIGHTEST = 0.93;
    private static final double CHROMA = 0.15;
    private static final double FIRST_HUE = Math.toRadians(300);
    private static final double LAST_HUE = Math.toRadians(105);
    private static final int[] COLOURS = colours();

    private HeatRamp() {}

    /** The colour of a value from 0 (low) to 1 (high), as {@code 0xRRGGBB}; values outside are taken to the ends. */
    static int colour(double value) {
        return COLOURS[(int) Math.round(Math.clamp(value, 0, 1) * (STEPS - 1))];
    }

    private static int[] colours() {
        int[] out = new int[STEPS];
        for (int i = 0; i < STEPS; i++) {
            double t = i / (STEPS - 1.0);
            double lightness = DARKEST + t * (LIGHTEST - DARKEST);
            double hue = FIRST_HUE + t * (LAST_HUE - FIRST_HUE);
            out[i] = inGamut(lightness, hue);
        }
        return out;
    }

    private static int inGamut(double lightness, double hue) {
        double chroma = CHROMA;
        double[] rgb = toLinearRgb(lightness, chroma, hue);
        while (chroma > 0 && outside(rgb)) {
            chroma = Math.max(0, chroma - 0.002);
            rgb = toLinearRgb(lightness, chroma, hue);
        }
        return encode(rgb[0]) << 16 | encode(rgb[1]) << 8 | encode(rgb[2]);
    }

    private static boolean outside(double[] rgb) {
        for (double v : rgb) {
            if (v < 0 || v > 1) {
                return true;
            }
        }
        return false;
    }

    private static double[] toLinearRgb(double lightness, double chroma, double hue) {
        double a = chroma * Math.cos(hue);
        double b = chroma * Math.sin(hue);
        double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
        double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
        double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
        return new double[] {
            4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s
        };
    }

    private static double cube(double v) {
        return v * v * v;
    }

    private static int encode(double linear) {
        double v = Math.clamp(linear, 0, 1);
        double srgb = v <= 0.0031308 ? 12.92 * v : 1.055 * Math.pow(v, 1 / 2.4) - 0.055;
        return (int) Math.round(255 * srgb);
    }
}
