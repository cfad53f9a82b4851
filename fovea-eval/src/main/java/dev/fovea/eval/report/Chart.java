package dev.fovea.eval.report;

import java.util.List;
import java.util.Locale;

/**
 * A line chart as SVG: series of points with vertical intervals, told apart by colour, shape and dash. Large type on a
 * small canvas keeps it legible on a phone.
 *
 * @param title above it
 * @param xLabel what runs across, with its unit
 * @param yLabel what runs up
 * @param series at most a few dozen
 */
public record Chart(String title, String xLabel, String yLabel, List<Series> series) {
    private static final double WIDTH = 520;
    private static final double HEIGHT = 380;
    private static final double LEFT = 64;
    private static final double RIGHT = 26;
    private static final double TOP = 12;
    private static final double BOTTOM = 56;
    private static final int TICKS = 6;

    public Chart {
        series = List.copyOf(series);
    }

    /**
     * A line.
     *
     * @param style the same number gives the same look in every chart
     */
    public record Series(String name, int style, List<Point> points) {
        public Series {
            points = List.copyOf(points);
        }
    }

    /**
     * A point with an interval.
     *
     * @param label shown when pointed at
     */
    public record Point(double x, double y, double low, double high, String label) {}

    private record Axis(double low, double high, double step) {
        /** Round steps around all values. */
        static Axis of(double low, double high) {
            double span = high > low ? high - low : Math.max(1e-9, Math.abs(high));
            double rough = span / TICKS;
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double step = power;
            for (double m : new double[] {1, 2, 2.5, 5, 10}) {
                if (m * power >= rough) {
                    step = m * power;
                    break;
                }
            }
            return new Axis(Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step, step);
        }

        double share(double value) {
            return (value - low) / Math.max(1e-12, high - low);
        }

        String text(double value) {
            int decimals = step >= 1 ? 0 : (int) Math.ceil(-Math.log10(step) - 1e-9);
            String plain = String.format(Locale.ROOT, "%." + Math.min(decimals + 1, 6) + "f", value);
            return plain.contains(".") ? plain.replaceAll("0+$", "").replaceAll("\\.$", "") : plain;
        }
    }

    /** The chart as a figure; empty if there is nothing to draw. */
    public String figure() {
        List<Point> all = series.stream().flatMap(s -> s.points().stream()).toList();
        if (all.isEmpty()) {
            return "";
        }
        Axis x = Axis.of(0, all.stream().mapToDouble(Point::x).max().orElse(1));
        Axis y = Axis.of(
                all.stream().mapToDouble(Point::low).min().orElse(0),
                all.stream().mapToDouble(Point::high).max().orElse(1));
        StringBuilder svg = new StringBuilder();
        svg.append("<figure><figcaption>").append(Html.escape(title)).append("</figcaption>\n");
        svg.append(format(
                "<svg viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"%s\" font-size=\"17\">\n",
                n(WIDTH), n(HEIGHT), Html.escape(title)));
        grid(svg, x, y);
        series.forEach(s -> draw(svg, s, x, y));
        return svg.append("</svg></figure>\n").toString();
    }

    private void grid(StringBuilder svg, Axis x, Axis y) {
        for (double v = y.low; v <= y.high + y.step / 2; v += y.step) {
            double at = py(y, v);
            svg.append(format(
                    "<line x1=\"%s\" x2=\"%s\" y1=\"%s\" y2=\"%s\" stroke=\"#e2e2e2\"/>",
                    n(LEFT), n(WIDTH - RIGHT), n(at), n(at)));
            svg.append(format(
                    "<text x=\"%s\" y=\"%s\" text-anchor=\"end\" fill=\"#444\">%s</text>\n",
                    n(LEFT - 6), n(at + 5), y.text(v)));
        }
        for (double v = x.low; v <= x.high + x.step / 2; v += x.step) {
            double at = px(x, v);
            svg.append(format(
                    "<line x1=\"%s\" x2=\"%s\" y1=\"%s\" y2=\"%s\" stroke=\"#999\"/>",
                    n(at), n(at), n(HEIGHT - BOTTOM), n(HEIGHT - BOTTOM + 5)));
            svg.append(format(
                    "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" fill=\"#444\">%s</text>\n",
                    n(at), n(HEIGHT - BOTTOM + 22), x.text(v)));
        }
        svg.append(format(
                "<line x1=\"%s\" x2=\"%s\" y1=\"%s\" y2=\"%s\" stroke=\"#999\"/>",
                n(LEFT), n(WIDTH - RIGHT), n(HEIGHT - BOTTOM), n(HEIGHT - BOTTOM)));
        svg.append(format(
                "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" fill=\"#222\">%s</text>\n",
                n((LEFT + WIDTH - RIGHT) / 2), n(HEIGHT - 8), Html.escape(xLabel)));
        double middle = (TOP + HEIGHT - BOTTOM) / 2;
        svg.append(format(
                "<text transform=\"translate(16 %s) rotate(-90)\" text-anchor=\"middle\" fill=\"#222\">%s</text>\n",
                n(middle), Html.escape(yLabel)));
    }

    private static void draw(StringBuilder svg, Series s, Axis x, Axis y) {
        String colour = Palette.colour(s.style);
        if (s.points.size() > 1) {
            svg.append("<polyline fill=\"none\" stroke-width=\"1.8\" stroke=\"").append(colour);
            svg.append("\" stroke-dasharray=\"").append(Palette.dash(s.style)).append("\" points=\"");
            s.points.forEach(p ->
                    svg.append(n(px(x, p.x))).append(',').append(n(py(y, p.y))).append(' '));
            svg.append("\"/>\n");
        }
        for (Point p : s.points) {
            double at = px(x, p.x);
            svg.append("<g>");
            svg.append(format(
                    "<line x1=\"%s\" x2=\"%s\" y1=\"%s\" y2=\"%s\" stroke=\"%s\" stroke-opacity=\".35\"/>",
                    n(at), n(at), n(py(y, p.low)), n(py(y, p.high)), colour));
            svg.append(marker(Palette.shape(s.style), at, py(y, p.y), 5, colour));
            svg.append("<title>").append(Html.escape(p.label)).append("</title></g>\n");
        }
    }

    /**
     * One small chart per series, the others grey behind it: what many lines in one chart cannot show.
     *
     * @return a grid of figures; empty with less than two series
     */
    public String panels() {
        List<Point> all = series.stream().flatMap(s -> s.points().stream()).toList();
        if (series.size() < 2 || all.isEmpty()) {
            return "";
        }
        Axis x = Axis.of(0, all.stream().mapToDouble(Point::x).max().orElse(1));
        Axis y = Axis.of(
                all.stream().mapToDouble(Point::low).min().orElse(0),
                all.stream().mapToDouble(Point::high).max().orElse(1));
        StringBuilder out = new StringBuilder("<div class=\"panels\">\n");
        for (Series own : series) {
            out.append("<figure><figcaption>").append(Html.escape(own.name)).append("</figcaption>\n");
            out.append(format(
                    "<svg viewBox=\"0 -16 %s %s\" role=\"img\" aria-label=\"%s\" font-size=\"28\">\n",
                    n(WIDTH), n(HEIGHT + 16), Html.escape(title + ": " + own.name)));
            for (double v : new double[] {y.low, (y.low + y.high) / 2, y.high}) {
                out.append(format(
                        "<line x1=\"%s\" x2=\"%s\" y1=\"%s\" y2=\"%s\" stroke=\"#e2e2e2\"/>",
                        n(LEFT), n(WIDTH - RIGHT), n(py(y, v)), n(py(y, v))));
                out.append(format(
                        "<text x=\"%s\" y=\"%s\" text-anchor=\"end\" fill=\"#444\">%s</text>",
                        n(LEFT - 6), n(py(y, v) + 9), y.text(v)));
            }
            out.append(
                    format("<text x=\"%s\" y=\"%s\" fill=\"#444\">%s</text>", n(LEFT), n(HEIGHT - 12), x.text(x.low)));
            out.append(format(
                    "<text x=\"%s\" y=\"%s\" text-anchor=\"end\" fill=\"#444\">%s</text>\n",
                    n(WIDTH - RIGHT), n(HEIGHT - 12), x.text(x.high)));
            for (Series other : series) {
                if (!other.equals(own)) {
                    line(out, other, x, y, "#c9c9c9", 2);
                }
            }
            line(out, own, x, y, Palette.colour(own.style), 5);
            for (Point p : own.points) {
                out.append("<g>")
                        .append(marker(
                                Palette.shape(own.style), px(x, p.x), py(y, p.y), 11, Palette.colour(own.style)));
                out.append("<title>").append(Html.escape(p.label)).append("</title></g>");
            }
            out.append("</svg></figure>\n");
        }
        return out.append("</div>\n").toString();
    }

    private static void line(StringBuilder svg, Series s, Axis x, Axis y, String colour, double width) {
        svg.append("<polyline fill=\"none\" stroke-width=\"")
                .append(n(width))
                .append("\" stroke=\"")
                .append(colour);
        svg.append("\" points=\"");
        s.points.forEach(
                p -> svg.append(n(px(x, p.x))).append(',').append(n(py(y, p.y))).append(' '));
        svg.append("\"/>\n");
    }

    /** The look of every series, for all charts of a page. */
    public static String legend(List<Series> series) {
        StringBuilder out = new StringBuilder("<div class=\"legend\">");
        for (Series s : series) {
            String colour = Palette.colour(s.style);
            out.append(
                    "<span><svg viewBox=\"0 0 34 14\" aria-hidden=\"true\"><line x1=\"0\" x2=\"34\" y1=\"7\" y2=\"7\"");
            out.append(" stroke-width=\"1.8\" stroke=\"").append(colour);
            out.append("\" stroke-dasharray=\"").append(Palette.dash(s.style)).append("\"/>");
            out.append(marker(Palette.shape(s.style), 17, 7, 5, colour)).append("</svg>");
            out.append(Html.escape(s.name)).append("</span>");
        }
        return out.append("</div>\n").toString();
    }

    private static String marker(int shape, double x, double y, double r, String colour) {
        String fill = " fill=\"" + colour + "\" stroke=\"#fff\"/>";
        return switch (shape) {
            case 0 -> format("<circle cx=\"%s\" cy=\"%s\" r=\"%s\"", n(x), n(y), n(r)) + fill;
            case 1 -> polygon(x, y, r, fill, 0, -1.2, 1.1, 0.8, -1.1, 0.8);
            case 2 -> polygon(x, y, r, fill, -0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9);
            case 3 -> polygon(x, y, r, fill, 0, -1.25, 1.25, 0, 0, 1.25, -1.25, 0);
            case 4 -> polygon(x, y, r, fill, 0, 1.2, 1.1, -0.8, -1.1, -0.8);
            default ->
                polygon(
                        x, y, r, fill, -0.4, -1.2, 0.4, -1.2, 0.4, -0.4, 1.2, -0.4, 1.2, 0.4, 0.4, 0.4, 0.4, 1.2, -0.4,
                        1.2, -0.4, 0.4, -1.2, 0.4, -1.2, -0.4, -0.4, -0.4);
        };
    }

    private static String polygon(double x, double y, double r, String fill, double... corners) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < corners.length; i += 2) {
            points.append(n(x + r * corners[i]))
                    .append(',')
                    .append(n(y + r * corners[i + 1]))
                    .append(' ');
        }
        return "<polygon points=\"" + points.toString().strip() + "\"" + fill;
    }

    private static double px(Axis axis, double v) {
        return LEFT + axis.share(v) * (WIDTH - LEFT - RIGHT);
    }

    private static double py(Axis axis, double v) {
        return HEIGHT - BOTTOM - axis.share(v) * (HEIGHT - TOP - BOTTOM);
    }

    private static String n(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation is Error Prone's own, no dependency of this project
    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
