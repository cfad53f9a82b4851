package dev.fovea.eval.report;

import java.util.List;
import java.util.Locale;

/**
 * How something is spread over the height of a picture: one bar per band, stacked as the bands lie, with a dashed line
 * where an even spread would end and the shares in a column of their own.
 *
 * @param title above it
 * @param shares of each band, the top one first; they add up to 1
 * @param longest the share that the longest bar stands for, the same in all drawings that are compared
 */
public record BandShares(String title, List<Double> shares, double longest) {
    private static final double WIDTH = 260;
    private static final double LEFT = 80;
    private static final double RIGHT = 58;
    private static final double BAND = 30;
    private static final double GAP = 4;

    public BandShares {
        shares = List.copyOf(shares);
    }

    /** The drawing as a figure. */
    public String figure() {
        double height = shares.size() * BAND;
        double even = 1.0 / shares.size();
        StringBuilder svg = new StringBuilder("<figure><figcaption>")
                .append(Html.escape(title))
                .append("</figcaption>\n");
        svg.append(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\" font-size=\"19\">",
                WIDTH,
                height,
                Html.escape(title + ", from top to bottom: "
                        + String.join(
                                ", ", shares.stream().map(BandShares::percent).toList()))));
        for (int band = 0; band < shares.size(); band++) {
            band(svg, band, shares.get(band), length(shares.get(band)));
        }
        double line = LEFT + length(even);
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.0f\" stroke=\"#1b1b1b\" stroke-dasharray=\"4 3\"/>",
                line,
                line,
                height));
        return svg.append("</svg></figure>\n").toString();
    }

    private void band(StringBuilder svg, int band, double share, double length) {
        double top = band * BAND;
        String name = band == 0 ? "top" : band == shares.size() - 1 ? "bottom" : "";
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#444\">%s</text>"
                        + "<rect x=\"%.0f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#56b4e9\"/>"
                        + "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#1b1b1b\">%s</text>%n",
                LEFT - 8,
                top + BAND / 2 + 6,
                name,
                LEFT,
                top + GAP / 2,
                length,
                BAND - GAP,
                WIDTH - 2,
                top + BAND / 2 + 6,
                percent(share)));
    }

    private double length(double share) {
        return Math.min(1, share / longest) * (WIDTH - LEFT - RIGHT);
    }

    private static String percent(double share) {
        return Math.round(100 * share) + " %";
    }
}
