package dev.fovea.train.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws loss and accuracy of a training run: a row for each stage, loss on the left, accuracies on the right. Lines
 * differ by colour (the palette of Okabe and Ito, which colour-blind people can tell apart), marker and dashes.
 */
public final class Chart {
    private static final int WIDTH = 800;
    private static final int HEIGHT = 420;
    /** Logged steps on either side that a running mean takes in. */
    private static final int SMOOTHING = 5;

    private static final Color PALE = new Color(0xA9CCE3);
    private static final Color BLUE = new Color(0x0072B2);
    private static final Color VERMILION = new Color(0xD55E00);
    private static final Color GRID = new Color(0xE4E4E4);
    private static final Color INK = new Color(0x222222);
    private static final Color[] PALETTE = {
        BLUE, new Color(0xE69F00), new Color(0x009E73), new Color(0xCC79A7), VERMILION, new Color(0x56B4E9)
    };
    private static final Marker[] MARKERS = {
        SeriesMarkers.CIRCLE,
        SeriesMarkers.SQUARE,
        SeriesMarkers.DIAMOND,
        SeriesMarkers.TRIANGLE_UP,
        SeriesMarkers.TRIANGLE_DOWN
    };
    private static final BasicStroke PLAIN = new BasicStroke(2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    private static final BasicStroke THIN = new BasicStroke(1f);
    private static final BasicStroke THICK = new BasicStroke(3.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    private static final BasicStroke DASHED =
            new BasicStroke(2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {7, 4}, 0);

    private Chart() {}

    /**
     * Draws a run.
     *
     * @param log its {@code log.jsonl}
     * @param png the picture to write, beside first and then moved into place; not written if nothing was logged
     */
    public static void write(Path log, Path png) throws IOException {
        List<Curve> curves = Curve.read(log);
        if (curves.isEmpty()) {
            return;
        }
        Path part = png.resolveSibling("." + png.getFileName() + ".part");
        try {
            if (!ImageIO.write(draw(curves), "png", part.toFile())) {
                throw new IOException("this Java runtime cannot write PNG");
            }
            Files.move(part, png, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** One page with a row for each stage. */
    static BufferedImage draw(List<Curve> curves) {
        BufferedImage page = new BufferedImage(2 * WIDTH, HEIGHT * curves.size(), BufferedImage.TYPE_INT_RGB);
        Graphics2D g = page.createGraphics();
        try {
            g.setColor(Color.WHITE);
            g.fillRect(0, 0, page.getWidth(), page.getHeight());
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            for (Curve curve : curves) {
                loss(curve).paint(g, WIDTH, HEIGHT);
                g.translate(WIDTH, 0);
                accuracies(curve).paint(g, WIDTH, HEIGHT);
                g.translate(-WIDTH, HEIGHT);
            }
        } finally {
            g.dispose();
        }
        return page;
    }

    private static XYChart loss(Curve curve) {
        XYChart chart = empty(curve.stage() + ": loss", "");
        Curve.Series loss = curve.series(Figures.LOSS);
        boolean decades = spansDecades(loss);
        if (loss.values().length > 0) {
            line(chart, "one batch", loss, PALE, THIN, SeriesMarkers.NONE);
            line(
                    chart,
                    "running mean",
                    decades ? smoothedLogs(loss) : loss.smoothed(SMOOTHING),
                    BLUE,
                    PLAIN,
                    SeriesMarkers.NONE);
        }
        Curve.Series heldOut = curve.series(Figures.HELD_OUT + Figures.LOSS);
        if (heldOut.values().length > 0) {
            line(chart, "held out", heldOut, VERMILION, PLAIN, SeriesMarkers.CIRCLE);
        }
        if (decades) {
            chart.getStyler().setYAxisLogarithmic(true);
            chart.getStyler().setYAxisDecimalPattern("0.####");
        } else if (loss.values().length > 0) {
            chart.getStyler().setYAxisMin(0.0).setYAxisMax(ceiling(loss));
        }
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE);
        return chart;
    }

    /** Whether a loss falls so far that only a logarithmic axis shows all of it. */
    private static boolean spansDecades(Curve.Series loss) {
        double most = Arrays.stream(loss.values()).max().orElse(1);
        double least = Arrays.stream(loss.values()).min().orElse(1);
        return least > 0 && most > 100 * least;
    }

    private static Curve.Series smoothedLogs(Curve.Series loss) {
        double[] logs = Arrays.stream(loss.values()).map(Math::log).toArray();
        Curve.Series smooth = new Curve.Series(loss.steps(), logs).smoothed(SMOOTHING);
        return new Curve.Series(
                loss.steps(), Arrays.stream(smooth.values()).map(Math::exp).toArray());
    }

    /** The first steps lose so much more than all others that they would press the curve flat. */
    private static double ceiling(Curve.Series loss) {
        double[] sorted = loss.values().clone();
        Arrays.sort(sorted);
        double most = sorted[sorted.length - 1];
        double usual = sorted[(int) (0.97 * (sorted.length - 1))];
        return 1.05 * (most > 2 * usual ? 1.4 * usual : most);
    }

    private static XYChart accuracies(Curve curve) {
        // Two points make a line; until then the batches that are trained on must do.
        Predicate<String> heldOut =
                name -> Figures.isHeldOutAccuracy(name) && curve.series(name).values().length > 1;
        boolean measured = !curve.names(heldOut).isEmpty();
        Predicate<String> wanted = measured ? heldOut : Figures::isTrainingAccuracy;
        List<String> names = curve.names(wanted).stream()
                .sorted(Comparator.comparing((String name) -> !isOverall(name))
                        .thenComparing(name -> -shown(curve, name, measured).last()))
                .toList();
        String title = curve.stage() + ": accuracy " + (measured ? "on held-out pictures" : "while training");
        XYChart chart = empty(names.isEmpty() ? curve.stage() + ": no accuracy is measured" : title, "%");
        chart.getStyler().setYAxisMin(0.0).setYAxisMax(100.0);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        List<String> fixed =
                curve.names(wanted).stream().filter(name -> !isOverall(name)).toList();
        for (String name : names) {
            Curve.Series series = shown(curve, name, measured);
            String label = String.format(Locale.ROOT, "%3.0f%%  %s", series.last(), words(name));
            if (isOverall(name)) {
                line(chart, label, series, INK, THICK, SeriesMarkers.NONE);
            } else {
                // By name, not by rank: a skill looks the same in every row.
                int look = fixed.indexOf(name);
                line(
                        chart,
                        label,
                        series,
                        PALETTE[look % PALETTE.length],
                        look < PALETTE.length ? PLAIN : DASHED,
                        measured ? MARKERS[look % MARKERS.length] : SeriesMarkers.NONE);
            }
        }
        return chart;
    }

    private static Curve.Series shown(Curve curve, String name, boolean measured) {
        Curve.Series series = curve.series(name);
        Curve.Series calm = measured ? series : series.smoothed(SMOOTHING);
        double[] percent = new double[calm.values().length];
        Arrays.setAll(percent, i -> 100 * calm.values()[i]);
        return new Curve.Series(calm.steps(), percent);
    }

    private static boolean isOverall(String name) {
        return name.equals(Figures.OVERALL) || name.equals(Figures.HELD_OUT + Figures.OVERALL);
    }

    private static String words(String name) {
        String bare = name.startsWith(Figures.HELD_OUT) ? name.substring(Figures.HELD_OUT.length()) : name;
        return isOverall(name) ? "all" : bare.replace('_', ' ');
    }

    private static void line(
            XYChart chart, String name, Curve.Series series, Color colour, BasicStroke stroke, Marker marker) {
        XYSeries s = chart.addSeries(name, series.steps(), series.values());
        s.setLineColor(colour);
        s.setLineStyle(stroke);
        s.setLineWidth(stroke.getLineWidth());
        s.setMarker(series.values().length == 1 ? SeriesMarkers.CIRCLE : marker);
        s.setMarkerColor(colour);
    }

    private static XYChart empty(String title, String unit) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("step")
                .yAxisTitle(unit)
                .build();
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
        XYStyler style = chart.getStyler();
        style.setLocale(Locale.ROOT);
        style.setBaseFont(font);
        style.setChartTitleFont(font.deriveFont(Font.BOLD, 16f));
        style.setLegendFont(font.deriveFont(13f));
        style.setAxisTitleFont(font);
        style.setAxisTickLabelsFont(font.deriveFont(13f));
        style.setChartBackgroundColor(Color.WHITE);
        style.setPlotBackgroundColor(Color.WHITE);
        style.setPlotBorderVisible(false);
        style.setLegendBorderColor(Color.WHITE);
        style.setChartFontColor(INK);
        style.setPlotGridLinesColor(GRID);
        style.setPlotGridLinesStroke(THIN);
        style.setPlotGridVerticalLinesVisible(false);
        style.setYAxisTitleVisible(!unit.isEmpty());
        style.setXAxisMin(0.0);
        style.setXAxisDecimalPattern("#,##0");
        style.setYAxisDecimalPattern("0.##");
        style.setXAxisTickMarkSpacingHint(100);
        style.setYAxisLeftWidthHint(60);
        style.setMarkerSize(7);
        return chart;
    }
}
