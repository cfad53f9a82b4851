package dev.fovea.cli.load;

import dev.fovea.cli.load.LoadSuite.Turn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What a server bears, by how many asked at once.
 *
 * @param turns for each number of clients its turns, round by round; the first is what the others are measured against
 */
public record LoadReport(String model, Map<Integer, List<Turn>> turns) {
    private static final double[] SHARES = {0.5, 0.95, 0.99};

    /** Requests without an answer. */
    public long lost() {
        return turns.values().stream().mapToLong(LoadReport::lost).sum();
    }

    private static long lost(List<Turn> of) {
        return of.stream()
                .flatMap(turn -> turn.exchanges().stream())
                .filter(e -> e.failure() != null)
                .count();
    }

    /** What went wrong first, or an empty text. */
    public String failure() {
        return turns.values().stream()
                .flatMap(List::stream)
                .flatMap(turn -> turn.exchanges().stream())
                .map(e -> e.failure() == null ? "" : e.failure())
                .filter(said -> !said.isEmpty())
                .findFirst()
                .orElse("");
    }

    /** A heading and a row for each number of clients. */
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "clients",
                "requests/s",
                "tokens/s",
                "times the first",
                "answer p50/p95/p99",
                "first words p50/p95/p99",
                "lost"));
        turns.forEach((clients, own) -> rows.add(List.of(
                String.valueOf(clients),
                range(values(own, Turn::requestsPerSecond)),
                range(values(own, Turn::tokensPerSecond)),
                range(ratios(own, Turn::requestsPerSecond)),
                milliseconds(quantiles(own, Exchange::seconds)),
                milliseconds(quantiles(own, Exchange::first)),
                String.valueOf(lost(own)))));
        return rows;
    }

    /** The same for programs; times in milliseconds. */
    public Map<String, Object> asMap() {
        List<Map<String, Object>> each = new ArrayList<>();
        turns.forEach((clients, own) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("clients", clients);
            one.put("requests", own.stream().mapToInt(t -> t.exchanges().size()).sum());
            one.put("lost", lost(own));
            one.put("requests_per_second", values(own, Turn::requestsPerSecond));
            one.put("tokens_per_second", values(own, Turn::tokensPerSecond));
            one.put("times_the_first", ratios(own, Turn::requestsPerSecond));
            one.put("answer_ms", quantiles(own, Exchange::seconds));
            one.put("first_words_ms", quantiles(own, Exchange::first));
            each.add(one);
        });
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.put("clients", each);
        return map;
    }

    private static double[] values(List<Turn> of, ToDoubleFunction<Turn> figure) {
        return of.stream().mapToDouble(figure).toArray();
    }

    /** Round by round against the first number of clients. */
    private double[] ratios(List<Turn> of, ToDoubleFunction<Turn> figure) {
        List<Turn> base = turns.values().iterator().next();
        return IntStream.range(0, of.size())
                .mapToDouble(r -> figure.applyAsDouble(of.get(r)) / figure.applyAsDouble(base.get(r)))
                .toArray();
    }

    private static double[] quantiles(List<Turn> of, ToDoubleFunction<Exchange> figure) {
        double[] sorted = of.stream()
                .flatMap(turn -> turn.exchanges().stream())
                .filter(e -> e.failure() == null)
                .mapToDouble(e -> 1_000 * figure.applyAsDouble(e))
                .sorted()
                .toArray();
        return Arrays.stream(SHARES)
                .map(share -> sorted.length == 0 ? Double.NaN : sorted[(int) Math.ceil(share * sorted.length) - 1])
                .toArray();
    }

    /** The median of the rounds, and the least and the most of them. */
    private static String range(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
        return String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", median, sorted[0], sorted[n - 1]);
    }

    private static String milliseconds(double[] values) {
        return String.format(Locale.ROOT, "%.0f/%.0f/%.0f ms", values[0], values[1], values[2]);
    }
}
