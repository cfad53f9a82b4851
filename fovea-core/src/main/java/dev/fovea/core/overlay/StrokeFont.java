package dev.fovea.core.overlay;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.util.Map;

/**
 * Letters as strokes, for the legend. Machines without a screen often have no fonts, and fonts differ from one to the
 * next; these look the same everywhere.
 *
 * <p>A glyph is a list of strokes on a grid 4 wide and 8 high: digits and tall letters stand on row 6 and reach up to
 * row 0, small letters to row 2, tails hang to row 8. A point is two digits, column then row. A stroke is straight from
 * point to point, rounded if it begins with {@code ~}, a rounded closed loop if it begins with {@code @}.
 */
final class StrokeFont {
    private static final double CAP_ROWS = 6;
    private static final double ADVANCE = 5.8;
    private static final double WEIGHT = 0.85;

    private static final Map<Character, String> GLYPHS = Map.ofEntries(
            Map.entry('0', "@00404606"),
            Map.entry('1', "112026"),
            Map.entry('2', "~0100404306 0646"),
            Map.entry('3', "~00404313 ~13434606"),
            Map.entry('4', "300444 3036"),
            Map.entry('5', "400002 ~02424606"),
            Map.entry('6', "~400004 @03434606"),
            Map.entry('7', "004016"),
            Map.entry('8', "@00404303 @03434606"),
            Map.entry('9', "@00404303 ~424606"),
            Map.entry('.', "2626"),
            Map.entry('-', "1434"),
            Map.entry('a', "@02424606 4246"),
            Map.entry('c', "~42020646"),
            Map.entry('d', "@02424606 4046"),
            Map.entry('e', "0444 ~4442020646"),
            Map.entry('f', "~402022 2226 1242"),
            Map.entry('g', "@02424606 4246 ~464808"),
            Map.entry('h', "0006 ~04024244 4446"),
            Map.entry('i', "2226 2020"),
            Map.entry('k', "0006 4204 2346"),
            Map.entry('l', "2026"),
            Map.entry('m', "0206 ~04022224 2426 ~24224244 4446"),
            Map.entry('n', "0206 ~04024244 4446"),
            Map.entry('o', "@02424606"),
            Map.entry('p', "0208 @02424606"),
            Map.entry('r', "0206 ~040232"),
            Map.entry('s', "~420204444606"),
            Map.entry('t', "2024 ~242646 0242"),
            Map.entry('u', "0204 ~04064644 4246"),
            Map.entry('v', "022642"));

    private StrokeFont() {}

    /** Width of a text whose digits are {@code height} high, in pixels. */
    static double width(String text, double height) {
        return (text.length() * ADVANCE - (ADVANCE - 4)) * height / CAP_ROWS;
    }

    /**
     * Draws a text in the current colour.
     *
     * @param x where it begins
     * @param top the upper edge of its digits
     * @param height of a digit, in pixels
     * @throws IllegalArgumentException if a character has no glyph
     */
    static void draw(Graphics2D g, String text, double x, double top, double height) {
        double unit = height / CAP_ROWS;
        g.setStroke(new BasicStroke((float) (WEIGHT * unit), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        double at = x;
        for (int i = 0; i < text.length(); i++) {
            for (String stroke : strokes(text.charAt(i))) {
                g.draw(path(stroke, at, top, unit));
            }
            at += ADVANCE * unit;
        }
    }

    private static String[] strokes(char character) {
        if (character == ' ') {
            return new String[0];
        }
        String glyph = GLYPHS.get(character);
        if (glyph == null) {
            throw new IllegalArgumentException("The legend has no letter '" + character + "'");
        }
        return glyph.split(" ", -1);
    }

    private static Path2D path(String stroke, double x, double top, double unit) {
        boolean open = stroke.charAt(0) == '~';
        boolean loop = stroke.charAt(0) == '@';
        int first = open || loop ? 1 : 0;
        int n = (stroke.length() - first) / 2;
        double[] px = new double[n];
        double[] py = new double[n];
        for (int i = 0; i < n; i++) {
            px[i] = x + unit * (stroke.charAt(first + 2 * i) - '0');
            py[i] = top + unit * (stroke.charAt(first + 2 * i + 1) - '0');
        }
        return loop ? rounded(px, py) : open ? smooth(px, py) : straight(px, py);
    }

    private static Path2D straight(double[] x, double[] y) {
        Path2D path = new Path2D.Double();
        path.moveTo(x[0], y[0]);
        for (int i = 1; i < x.length; i++) {
            path.lineTo(x[i], y[i]);
        }
        return path;
    }

    /** Every inner point pulls the line; between two of them it passes through their middle. */
    private static Path2D smooth(double[] x, double[] y) {
        Path2D path = new Path2D.Double();
        int last = x.length - 1;
        path.moveTo(x[0], y[0]);
        for (int i = 1; i < last; i++) {
            boolean end = i == last - 1;
            path.quadTo(x[i], y[i], end ? x[last] : (x[i] + x[i + 1]) / 2, end ? y[last] : (y[i] + y[i + 1]) / 2);
        }
        return path;
    }

    private static Path2D rounded(double[] x, double[] y) {
        Path2D path = new Path2D.Double();
        int n = x.length;
        path.moveTo((x[n - 1] + x[0]) / 2, (y[n - 1] + y[0]) / 2);
        for (int i = 0; i < n; i++) {
            int next = (i + 1) % n;
            path.quadTo(x[i], y[i], (x[i] + x[next]) / 2, (y[i] + y[next]) / 2);
        }
        path.closePath();
        return path;
    }
}
