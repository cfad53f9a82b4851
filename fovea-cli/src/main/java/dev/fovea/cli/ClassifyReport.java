package dev.fovea.cli;

import dev.fovea.eval.Proportion;
import dev.fovea.eval.classify.Prediction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The result of a classification as people and programs read it.
 *
 * <p>The JSON object: {@code model}, {@code techniques} (list, as typed), {@code budget} (as typed), {@code labels},
 * {@code pictures} (in the order of the stream; each {@code picture}, {@code label}, {@code probability},
 * {@code truth} (label or null), {@code top} (list of {@code label} and {@code probability}, most likely first) and
 * {@code visual_tokens} with {@code total} and {@code kept}), {@code n}, {@code visual_tokens} with the mean
 * {@code total} and {@code kept}, {@code encoder_ms} (mean), {@code accuracy} (null where no truth is known, otherwise
 * {@code accuracy}, {@code n}, {@code low}, {@code high}) and {@code failed} (list of {@code picture} and {@code why}).
 */
final class ClassifyReport {
    private final String model;
    private final SpendingOptions spending;
    private final List<String> labels;
    private final int top;
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> failed = new LinkedHashMap<>();
    private Proportion right = new Proportion(0, 0);
    private double milliseconds;

    private record Row(String picture, @Nullable String truth, List<Likely> top, int total, int kept) {
        Likely best() {
            return top.getFirst();
        }
    }

    private record Likely(String label, double probability) {
        Map<String, Object> asMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("label", label);
            map.put("probability", probability);
            return map;
        }
    }

    /**
     * @param model name of the model
     * @param labels what the classes are called
     * @param top how many classes are named for each picture
     */
    ClassifyReport(String model, SpendingOptions spending, List<String> labels, int top) {
        this.model = model;
        this.spending = spending;
        this.labels = labels;
        this.top = Math.min(top, labels.size());
    }

    /** The next picture of the stream. */
    void add(String picture, @Nullable String truth, Prediction prediction, double ms) {
        float[] probabilities = prediction.probabilities();
        int[] ranking = prediction.ranking();
        List<Likely> likely = new ArrayList<>();
        for (int i = 0; i < top; i++) {
            likely.add(new Likely(labels.get(ranking[i]), rounded(probabilities[ranking[i]])));
        }
        Row row = new Row(
                picture,
                truth,
                likely,
                prediction.ledger().plainTotal(),
                prediction.ledger().kept());
        rows.add(row);
        milliseconds += ms;
        if (truth != null) {
            right = new Proportion(right.score() + (row.best().label().equals(truth) ? 1 : 0), right.n() + 1);
        }
    }

    /** A picture that could not be looked at. */
    void fail(String picture, String why) {
        failed.put(picture, why);
    }

    /** Why pictures could not be looked at. */
    Map<String, String> failed() {
        return failed;
    }

    int seen() {
        return rows.size() + failed.size();
    }

    /** A few words for progress. */
    String figure() {
        return right.n() == 0 ? "" : String.format(Locale.ROOT, "%.1f %% right", 100 * right.value());
    }

    Map<String, @Nullable Object> asMap() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.put("techniques", spending.techniques);
        map.put("budget", spending.budget);
        map.put("labels", labels);
        map.put("pictures", rows.stream().map(ClassifyReport::asMap).toList());
        map.put("n", rows.size());
        map.put("visual_tokens", tokens(mean(sum(true)), mean(sum(false))));
        map.put("encoder_ms", mean(milliseconds));
        map.put("accuracy", right.n() == 0 ? null : EvalReport.asMap(right));
        map.put(
                "failed",
                failed.entrySet().stream()
                        .map(e -> Map.of("picture", e.getKey(), "why", e.getValue()))
                        .toList());
        return map;
    }

    private static Map<String, @Nullable Object> asMap(Row row) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("picture", row.picture);
        map.put("label", row.best().label());
        map.put("probability", row.best().probability());
        map.put("truth", row.truth);
        map.put("top", row.top.stream().map(Likely::asMap).toList());
        map.put("visual_tokens", tokens(row.total, row.kept));
        return map;
    }

    private static Map<String, Object> tokens(Object total, Object kept) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("total", total);
        map.put("kept", kept);
        return map;
    }

    /** Pictures of the world have no names worth listing. */
    void print(Terminal terminal, boolean everyPicture) {
        if (everyPicture && !rows.isEmpty()) {
            boolean truths = right.n() > 0;
            Table table =
                    truths ? table("LABEL", "SURE", "TRUTH", "PICTURE") : table("LABEL", "SURE", "NEXT", "PICTURE");
            for (Row row : rows) {
                table.row(
                        row.best().label(),
                        percent(row.best().probability()),
                        truths ? (row.truth == null ? "" : row.truth) : next(row),
                        row.picture);
            }
            table.print(terminal, 0, true);
            terminal.out().println();
        }
        if (right.n() > 0) {
            terminal.out()
                    .println(String.format(
                            Locale.ROOT,
                            "%.1f %% of %d right (95 %% interval %.1f .. %.1f %%)",
                            100 * right.value(),
                            right.n(),
                            100 * right.low(),
                            100 * right.high()));
        }
        if (!rows.isEmpty()) {
            terminal.out()
                    .println(terminal.quiet(String.format(
                            Locale.ROOT,
                            "%s · %d %s · %.1f of %.1f visual tokens · %.1f ms a picture",
                            model,
                            rows.size(),
                            rows.size() == 1 ? "picture" : "pictures",
                            mean(sum(false)),
                            mean(sum(true)),
                            mean(milliseconds))));
        }
    }

    private static Table table(String... heading) {
        return new Table().row(heading);
    }

    private static String next(Row row) {
        if (row.top.size() < 2) {
            return "";
        }
        Likely second = row.top.get(1);
        return second.label() + " " + percent(second.probability()).strip();
    }

    private static String percent(double probability) {
        return String.format(Locale.ROOT, "%5.1f %%", 100 * probability);
    }

    private double sum(boolean total) {
        return rows.stream().mapToDouble(r -> total ? r.total : r.kept).sum();
    }

    private double mean(double sum) {
        return rows.isEmpty() ? 0 : AskReport.rounded(sum / rows.size());
    }

    private static double rounded(double value) {
        return Math.round(1e6 * value) / 1e6;
    }
}
