package dev.fovea.cli.load;

import dev.fovea.cli.load.LoadSuite.Side;
import dev.fovea.cli.load.LoadSuite.Turn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a server bears, by how many asked at once.
 *
 * @param turns for each number of clients its turns, round by round; the first is what the others are measured against
 * @param alone long prompts, one before each round while nobody else asked
 */
public record LoadReport(String model, Map<Side, List<Turn>> turns, List<Exchange> alone) {
    private static final double[] SHARES = {0.5, 0.95, 0.99};

    /** What a server reads between two tokens of the answers in the making, unless it is told otherwise. */
    private static final int CHUNK = 512;

    /** Requests without an answer. */
    public long lost() {
        return turns.values().stream().mapToLong(LoadReport::lost).sum()
                + alone.stream().filter(e -> e.failure() != null).count();
    }

    private static long lost(List<Turn> of) {
        return of.stream()
                .flatMap(turn -> turn.exchanges().stream())
                .filter(e -> e.failure() != null)
                .count();
    }

    /** What went wrong first, or an empty text. */
    public String failure() {
        return Stream.concat(
                        turns.values().stream().flatMap(List::stream).flatMap(turn -> turn.exchanges().stream()),
                        alone.stream())
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
                "longest pause p50/p95/p99",
                "lost"));
        turns.forEach((side, own) -> rows.add(List.of(
                side.toString(),
                range(values(own, Turn::requestsPerSecond)),
                range(values(own, Turn::tokensPerSecond)),
                range(ratios(own, Turn::requestsPerSecond)),
                milliseconds(quantiles(own, Exchange::seconds)),
                milliseconds(quantiles(own, Exchange::first)),
                milliseconds(quantiles(own, Exchange::pause)),
                String.valueOf(lost(own)))));
        return rows;
    }

    /** What reading a long prompt takes while nobody else asks; an empty text where none was sent. */
    public String longPrompts() {
        int prompt = alone.stream().mapToInt(Exchange::prompt).max().orElse(0);
        if (prompt == 0) {
            return "";
        }
        double median =
                quantile(alone.stream().mapToDouble(Exchange::first).sorted().toArray(), 0.5);
        return String.format(
                Locale.ROOT,
                "A long prompt has %d tokens; alone it takes %.0f ms to its first word, %.0f ms for %d tokens.",
                prompt,
                1_000 * median,
                1_000 * median * CHUNK / prompt,
                CHUNK);
    }

    /** The same for programs; times in milliseconds. */
    public Map<String, Object> asMap() {
        List<Map<String, Object>> each = new ArrayList<>();
        turns.forEach((side, own) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("clients", side.clients());
            one.put("beside_long_prompts", side.beside());
            one.put("requests", own.stream().mapToInt(t -> t.exchanges().size()).sum());
            one.put("lost", lost(own));
            one.put("requests_per_second", values(own, Turn::requestsPerSecond));
            one.put("tokens_per_second", values(own, Turn::tokensPerSecond));
            one.put("times_the_first", ratios(own, Turn::requestsPerSecond));
            one.put("answer_ms", quantiles(own, Exchange::seconds));
            one.put("first_words_ms", quantiles(own, Exchange::first));
            one.put("longest_pause_ms", quantiles(own, Exchange::pause));
            each.add(one);
        });
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("model", model);
        map.put("clients", each);
        if (!alone.isEmpty()) {
            map.put(
                    "long_prompt_tokens",
                    alone.stream().mapToInt(Exchange::prompt).max().orElse(0));
            map.put(
                    "long_prompt_ms",
                    alone.stream().mapToDouble(e -> 1_000 * e.first()).toArray());
        }
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
        return Arrays.stream(SHARES).map(share -> quantile(sorted, share)).toArray();
    }

    private static double quantile(double[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.ceil(share * sorted.length) - 1];
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
