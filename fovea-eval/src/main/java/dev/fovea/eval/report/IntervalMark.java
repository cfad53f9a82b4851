package dev.fovea.eval.report;

import java.util.Locale;

/** A difference with its interval as a small drawing beside its numbers: a line at zero, a bar, a dot. */
public final class IntervalMark {
    private static final double WIDTH = 150;
    private static final double HEIGHT = 18;
    private static final double EDGE = 6;

    private IntervalMark() {}

    /**
     * The drawing as markup.
     *
     * @param reach what the ends of the drawing stand for, above 0: from {@code -reach} to {@code reach}
     */
    public static String of(double value, double low, double high, double reach) {
        double middle = HEIGHT / 2;
        return String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %.0f %.0f\" aria-hidden=\"true\">"
                        + "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.0f\" stroke=\"#8a8a8a\" stroke-dasharray=\"2 2\"/>"
                        + "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#0072b2\" stroke-width=\"3\"/>"
                        + "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"#1b1b1b\"/></svg>",
                WIDTH,
                HEIGHT,
                at(0, reach),
                at(0, reach),
                HEIGHT,
                at(low, reach),
                at(high, reach),
                middle,
                middle,
                at(value, reach),
                middle);
    }

    private static double at(double value, double reach) {
        return EDGE + (Math.clamp(value / reach, -1, 1) + 1) / 2 * (WIDTH - 2 * EDGE);
    }
}
