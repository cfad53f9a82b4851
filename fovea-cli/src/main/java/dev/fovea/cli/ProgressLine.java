package dev.fovea.cli;

import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Progress with the time left, on standard error and only where a person sees it. It appears once the work has taken two
 * seconds and disappears when it is done.
 */
final class ProgressLine implements AutoCloseable {
    private static final long PATIENCE_NANOS = Duration.ofSeconds(2).toNanos();
    private static final int UPDATE_MILLIS = 250;

    private final Terminal terminal;
    private final String task;
    private final String unit;
    private final long unitSize;
    private final long total;
    private final long first;
    private final long start = System.nanoTime();
    private @Nullable ProgressBar bar;

    /**
     * @param task what is being done, in a word or two
     * @param unit what is counted, with a space before it
     * @param total how many there are
     */
    ProgressLine(Terminal terminal, String task, String unit, long total) {
        this(terminal, task, unit, 1, total, 0);
    }

    private ProgressLine(Terminal terminal, String task, String unit, long unitSize, long total, long first) {
        this.terminal = terminal;
        this.task = task;
        this.unit = unit;
        this.unitSize = unitSize;
        this.total = total;
        this.first = first;
    }

    /**
     * Progress in bytes, shown in megabytes with their rate.
     *
     * @param first bytes that were there before the work began
     */
    static ProgressLine ofBytes(Terminal terminal, String task, long total, long first) {
        return new ProgressLine(terminal, task, " MB", 1_000_000, total, first);
    }

    /** So many are done. */
    void at(long done) {
        at(done, "");
    }

    /** So many are done, and a figure to show beside it. */
    void at(long done, String figure) {
        long elapsed = System.nanoTime() - start;
        if (bar == null && terminal.errIsTerminal() && elapsed > PATIENCE_NANOS) {
            ProgressBarBuilder builder = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setUnit(unit, unitSize)
                    .setInitialMax(total)
                    .startsFrom(first, Duration.ofNanos(elapsed))
                    .setStyle(terminal.colours() ? ProgressBarStyle.COLORFUL_UNICODE_BAR : ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(UPDATE_MILLIS)
                    .setMaxRenderedLength(terminal.width())
                    .setConsumer(new ConsoleProgressBarConsumer(terminal.err(), terminal.width()))
                    .clearDisplayOnFinish();
            bar = (unitSize == 1 ? builder : builder.showSpeed()).build();
        }
        if (bar != null) {
            bar.stepTo(done);
            bar.setExtraMessage(figure);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
