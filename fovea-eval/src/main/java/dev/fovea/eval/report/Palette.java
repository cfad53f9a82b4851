package dev.fovea.eval.report;

import java.util.List;

/**
 * Colours that people with any kind of colour vision tell apart (Okabe and Ito 2008), with a shape and a dash for each
 * series beside, and a scale from dark blue to yellow whose lightness rises evenly.
 */
final class Palette {
    private static final List<String> SERIES =
            List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5d4a8a", "#7a5c00");
    private static final List<String> DASHES = List.of("", "6 4", "2 3");
    private static final int SHAPES = 6;

    /** Anchors of the scale, evenly spaced: RGB. */
    private static final int[][] SCALE = {
        {0, 34, 78}, {53, 69, 108}, {102, 105, 112}, {148, 142, 119}, {200, 184, 102}, {254, 232, 56}
    };

    private Palette() {}

    static String colour(int series) {
        return SERIES.get(series % SERIES.size());
    }

    static String dash(int series) {
        return DASHES.get(series / SERIES.size() % DASHES.size());
    }

    static int shape(int series) {
        return series % SHAPES;
    }

    /** A colour of the scale for 0 to 1. */
    static String scale(double value) {
        double at = Math.clamp(value, 0, 1) * (SCALE.length - 1);
        int low = Math.min((int) at, SCALE.length - 2);
        double t = at - low;
        int[] rgb = new int[3];
        for (int i = 0; i < 3; i++) {
            rgb[i] = (int) Math.round(SCALE[low][i] + t * (SCALE[low + 1][i] - SCALE[low][i]));
        }
        return String.format(java.util.Locale.ROOT, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    }

    /** Black or white, whichever can be read on the scale's colour. */
    static String onScale(double value) {
        return value > 0.55 ? "#000" : "#fff";
    }
}
