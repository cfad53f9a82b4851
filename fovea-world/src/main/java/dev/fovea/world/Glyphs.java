package dev.fovea.world;

import java.util.Arrays;

/**
 * The world's own lettering: capitals and digits as strokes on a lattice 4 units wide and 6 high. Each glyph is a list
 * of polylines; a point is two digits, column then row, row 0 on top. Strokes have round ends and any size.
 */
final class Glyphs {
    /** Half the thickness of a stroke in lattice units. */
    static final double PEN = 0.56;
    /** Height of a glyph with its strokes, in lattice units. */
    static final double HEIGHT = 6 + 2 * PEN;
    /** Width of a glyph with its strokes, in lattice units. */
    static final double WIDTH = 4 + 2 * PEN;
    /** From one glyph's origin to the next in a word, in lattice units. */
    static final double ADVANCE = 5.8;

    private static final String[] LETTERS = {
        "06 20 46,14 34",
        "06 00 30 41 42 33 03,33 44 45 36 06",
        "41 30 10 01 05 16 36 45",
        "00 20 42 44 26 06 00",
        "40 00 06 46,03 33",
        "40 00 06,03 33",
        "41 30 10 01 05 16 36 45 43 23",
        "00 06,40 46,03 43",
        "20 26,10 30,16 36",
        "40 45 36 16 05 04",
        "00 06,40 03 46",
        "00 06 46",
        "06 00 23 40 46",
        "06 00 46 40",
        "10 30 41 45 36 16 05 01 10",
        "06 00 30 41 42 33 03",
        "10 30 41 45 36 16 05 01 10,24 46",
        "06 00 30 41 42 33 03,23 46",
        "41 30 10 01 02 13 33 44 45 36 16 05",
        "00 40,20 26",
        "00 05 16 36 45 40",
        "00 26 40",
        "00 16 22 36 40",
        "00 46,40 06",
        "00 23 40,23 26",
        "00 40 06 46"
    };
    private static final String[] DIGITS = {
        "10 30 41 45 36 16 05 01 10,32 14",
        "02 20 26,06 46",
        "01 10 30 41 42 06 46",
        "01 10 30 41 42 33 44 45 36 16 05,13 33",
        "36 30 04 44",
        "40 00 03 33 44 45 36 06",
        "41 30 10 01 05 16 36 45 44 33 13 04",
        "00 40 16",
        "13 33 42 41 30 10 01 02 13 04 05 16 36 45 44 33",
        "05 16 36 45 41 30 10 01 02 13 33 42"
    };
    private static final double[][] STROKES = strokes();

    private Glyphs() {}

    private static double[][] strokes() {
        double[][] result = new double[128][];
        for (int i = 0; i < LETTERS.length; i++) {
            result['A' + i] = segments(LETTERS[i]);
        }
        for (int i = 0; i < DIGITS.length; i++) {
            result['0' + i] = segments(DIGITS[i]);
        }
        return result;
    }

    private static double[] segments(String drawing) {
        String[] lines = drawing.split(",", -1);
        double[] result = new double[4 * (drawing.length() / 3 + 1)];
        int length = 0;
        for (String line : lines) {
            String[] points = line.split(" ", -1);
            for (int i = 1; i < points.length; i++) {
                result[length++] = points[i - 1].charAt(0) - '0';
                result[length++] = points[i - 1].charAt(1) - '0';
                result[length++] = points[i].charAt(0) - '0';
                result[length++] = points[i].charAt(1) - '0';
            }
        }
        return Arrays.copyOf(result, length);
    }

    /** Width of a text in lattice units. */
    static double width(String text) {
        return (text.length() - 1) * ADVANCE + WIDTH;
    }

    /** Signed distance in lattice units to the strokes of a text centred at the origin: negative on the ink. */
    static double distance(String text, double x, double y) {
        double fromLeft = x + ((text.length() - 1) * ADVANCE + 4) / 2;
        int place = Math.clamp((int) Math.floor((fromLeft + (ADVANCE - 4) / 2) / ADVANCE), 0, text.length() - 1);
        return distance(text.charAt(place), fromLeft - place * ADVANCE, y + 3);
    }

    private static double distance(char glyph, double x, double y) {
        double[] segments = STROKES[glyph];
        double nearest = Double.MAX_VALUE;
        for (int i = 0; i < segments.length; i += 4) {
            double ex = segments[i + 2] - segments[i];
            double ey = segments[i + 3] - segments[i + 1];
            double px = x - segments[i];
            double py = y - segments[i + 1];
            double along = Math.clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0.0, 1.0);
            double dx = px - along * ex;
            double dy = py - along * ey;
            nearest = Math.min(nearest, dx * dx + dy * dy);
        }
        return Math.sqrt(nearest) - PEN;
    }
}
