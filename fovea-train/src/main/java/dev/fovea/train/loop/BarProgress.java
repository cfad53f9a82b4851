package dev.fovea.train.loop;

import dev.fovea.train.report.Figures;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Progress as a bar for each stage: steps, time left, loss, accuracy and samples per second. */
final class BarProgress implements Progress {
    private static final int UPDATE_MILLIS = 500;

    private final PrintStream out;
    private final int width;
    private final boolean colours;
    private @Nullable ProgressBar bar;

    BarProgress(PrintStream out, int width, boolean colours) {
        this.out = out;
        this.width = width;
        this.colours = colours;
    }

    @Override
    public void begin(String stage, long first, long steps) {
        bar = new ProgressBarBuilder()
                .setTaskName(String.format(Locale.ROOT, "%-8s", stage))
                .setInitialMax(steps)
                .startsFrom(first, Duration.ZERO)
                .setStyle(colours ? ProgressBarStyle.COLORFUL_UNICODE_BAR : ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .setMaxRenderedLength(width)
                .setConsumer(new ConsoleProgressBarConsumer(out, width))
                .build();
    }

    @Override
    public void step(long step) {
        if (bar != null) {
            bar.stepTo(step);
        }
    }

    @Override
    public void figures(long step, Map<String, Double> figures) {
        if (bar != null) {
            bar.setExtraMessage(summary(figures));
        }
    }

    /** Loss, accuracy and speed in a few words. */
    static String summary(Map<String, Double> figures) {
        StringBuilder words = new StringBuilder();
        Double loss = figures.get(Figures.LOSS);
        if (loss != null) {
            words.append(String.format(Locale.ROOT, " loss %.3f", loss));
        }
        double accuracy = Figures.accuracy(figures);
        if (Double.isFinite(accuracy)) {
            words.append(String.format(Locale.ROOT, "  accuracy %.0f%%", 100 * accuracy));
        }
        Double speed = figures.get(Figures.SPEED);
        if (speed != null) {
            words.append(String.format(Locale.ROOT, "  %.1f samples/s", speed));
        }
        return words.toString();
    }

    @Override
    public void end(long step) {
        if (bar != null) {
            bar.stepTo(step);
            bar.close();
            bar = null;
        }
    }

    @Override
    public void note(String text) {
        // The bar stands on the current line and draws itself again below.
        out.println("\r" + text + " ".repeat(Math.max(0, width - text.length() - 1)));
    }
}
