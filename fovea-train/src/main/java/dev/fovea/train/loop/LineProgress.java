package dev.fovea.train.loop;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Progress as one line per report, with the time left. */
final class LineProgress implements Progress {
    private final PrintStream out;
    private String stage = "";
    private long first;
    private long start;

    LineProgress(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(String name, long from, long steps) {
        stage = name;
        first = from;
        start = System.nanoTime();
        out.printf(Locale.ROOT, "%s: step %d of %d%n", name, from, steps);
    }

    @Override
    public void step(long step, long steps, Map<String, Double> metrics) {
        double perStep = (System.nanoTime() - start) / 1e9 / Math.max(1, step - first);
        long left = Math.round(perStep * (steps - step));
        String figures = metrics.entrySet().stream()
                .filter(e -> Double.isFinite(e.getValue()))
                .map(e -> String.format(Locale.ROOT, "%s %.4g", e.getKey(), e.getValue()))
                .collect(Collectors.joining("  "));
        out.printf(Locale.ROOT, "%s %d/%d  %d:%02d left  %s%n", stage, step, steps, left / 60, left % 60, figures);
    }

    @Override
    public void end(String name) {
        out.printf(Locale.ROOT, "%s: done%n", name);
    }
}
