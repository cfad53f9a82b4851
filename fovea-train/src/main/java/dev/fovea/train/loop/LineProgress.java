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
    private long steps;
    private long start;

    LineProgress(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(String name, long from, long all) {
        stage = name;
        first = from;
        steps = all;
        start = System.nanoTime();
        out.printf(Locale.ROOT, "%s: step %d of %d%n", name, from, all);
    }

    @Override
    public void step(long step) {}

    @Override
    public void figures(long step, Map<String, Double> figures) {
        double perStep = (System.nanoTime() - start) / 1e9 / Math.max(1, step - first);
        String words = figures.entrySet().stream()
                .filter(e -> Double.isFinite(e.getValue()))
                .map(e -> String.format(Locale.ROOT, "%s %.4g", e.getKey(), e.getValue()))
                .collect(Collectors.joining("  "));
        out.printf(
                Locale.ROOT,
                "%s %d/%d  %s left  %s%n",
                stage,
                step,
                steps,
                duration(Math.round(perStep * (steps - step))),
                words);
    }

    @Override
    public void end(long step) {
        out.println(stage + (step == steps ? ": done" : ": stopped after step " + step));
    }

    @Override
    public void note(String text) {
        out.println(text);
    }

    /** {@code 1:02:03}, or {@code 2:03} below an hour. */
    static String duration(long seconds) {
        long hours = seconds / 3600;
        long minutes = seconds / 60 % 60;
        return hours > 0
                ? String.format(Locale.ROOT, "%d:%02d:%02d", hours, minutes, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", minutes, seconds % 60);
    }
}
