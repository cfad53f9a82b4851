package dev.fovea.eval.bench;

import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.Summed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one contestant reached in a suite whose metrics are sums over answers: each with its interval, and how it differs from
 * the plain model's over the questions that both answered; and how far its answers depend on the picture, where that was
 * asked for.
 *
 * @param suite its name
 * @param figures by name; those of {@link Suite#metrics}, then {@code pdm_h.early}, {@code pdm_h.late} and their difference
 *     where it was asked for: means over the first and the last third of the tokens of an answer
 * @param differences from the plain model, by the same names; empty for the plain model itself
 * @param dependence PDM-H by token of the answer; empty where it was not asked for
 */
public record Measures(
        Contestant contestant,
        String suite,
        Map<String, Estimate> figures,
        Map<String, Estimate> differences,
        List<Point> dependence) {
    /** Positions that fewer answers reach are left out: their mean says little. */
    private static final int FEWEST = 10;

    /** The 97.5 % point of the normal distribution. */
    private static final double Z = 1.959963984540054;

    private static final String DEPENDENCE = "pdm_h.";

    /** An answer's third needs a token of its own. */
    private static final int PARTS = 3;

    /**
     * The mean over answers at one token.
     *
     * @param token which of the answer, from 0
     * @param mean PDM-H with its interval
     * @param n answers that are as long
     */
    public record Point(int token, Estimate mean, int n) {}

    public Measures {
        dependence = List.copyOf(dependence);
    }

    /** Those of all contestants in all suites that have such metrics or whose answers were watched. */
    public static List<Measures> of(List<ResultRow> rows, List<Suite> suites) {
        List<Measures> out = new ArrayList<>();
        for (Suite suite : suites) {
            Map<Contestant, List<ResultRow>> own = new LinkedHashMap<>();
            for (ResultRow row : rows) {
                if (row.task().equals(suite.name()) && row.answered()) {
                    own.computeIfAbsent(row.contestant(), c -> new ArrayList<>())
                            .add(row);
                }
            }
            Summed summed = suite.summed();
            boolean watched = own.values().stream()
                    .flatMap(List::stream)
                    .anyMatch(row -> !row.pdmH().isEmpty());
            if (summed != null || watched) {
                Sums sums = new Sums(summed, watched);
                List<ResultRow> plain = own.getOrDefault(Contestant.VANILLA, List.of());
                own.forEach((contestant, all) -> out.add(of(contestant, suite, sums, all, plain)));
            }
        }
        return out;
    }

    private static Measures of(
            Contestant contestant, Suite suite, Sums sums, List<ResultRow> rows, List<ResultRow> plain) {
        Map<String, Estimate> differences = Map.of();
        if (!contestant.equals(Contestant.VANILLA)) {
            Set<String> both = ids(rows);
            both.retainAll(ids(plain));
            if (!both.isEmpty()) {
                differences =
                        new Drawing(sums.byPicture(rows, both), sums::figures).differences(sums.byPicture(plain, both));
            }
        }
        return new Measures(
                contestant,
                suite.name(),
                new Drawing(sums.byPicture(rows, ids(rows)), sums::figures).estimates(),
                differences,
                curve(rows));
    }

    private static Set<String> ids(List<ResultRow> rows) {
        Set<String> ids = new HashSet<>();
        rows.forEach(row -> ids.add(row.docId()));
        return ids;
    }

    /** What is summed up over answers: the suite's sums, then two thirds of how far they depend on the picture. */
    private record Sums(@Nullable Summed summed, boolean watched) {
        private int own() {
            return summed == null ? 0 : summed.size();
        }

        Map<String, double[]> byPicture(List<ResultRow> rows, Set<String> ids) {
            Map<String, double[]> sums = new LinkedHashMap<>();
            for (ResultRow row : rows) {
                if (ids.contains(row.docId())) {
                    add(row, sums.computeIfAbsent(row.picture(), p -> new double[own() + PARTS]));
                }
            }
            return sums;
        }

        private void add(ResultRow row, double[] sums) {
            if (summed != null) {
                summed.add(row.scored(), sums);
            }
            int third = row.pdmH().size() / PARTS;
            if (third > 0) {
                int n = row.pdmH().size();
                sums[own()] += mean(row.pdmH().subList(0, third));
                sums[own() + 1] += mean(row.pdmH().subList(n - third, n));
                sums[own() + 2]++;
            }
        }

        private static double mean(List<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        }

        Map<String, Double> figures(double[] sums) {
            Map<String, Double> out = new LinkedHashMap<>();
            if (summed != null) {
                out.putAll(summed.metrics(Arrays.copyOf(sums, own())));
            }
            if (watched) {
                double n = sums[own() + 2];
                double early = n == 0 ? Double.NaN : sums[own()] / n;
                double late = n == 0 ? Double.NaN : sums[own() + 1] / n;
                out.put(DEPENDENCE + "early", early);
                out.put(DEPENDENCE + "late", late);
                out.put(DEPENDENCE + "late_minus_early", late - early);
            }
            return out;
        }
    }

    private static List<Point> curve(List<ResultRow> rows) {
        int longest = rows.stream().mapToInt(row -> row.pdmH().size()).max().orElse(0);
        List<Point> points = new ArrayList<>();
        for (int token = 0; token < longest; token++) {
            int at = token;
            double[] values = rows.stream()
                    .filter(row -> row.pdmH().size() > at)
                    .mapToDouble(row -> row.pdmH().get(at))
                    .toArray();
            if (values.length >= FEWEST) {
                points.add(new Point(token, mean(values), values.length));
            }
        }
        return points;
    }

    private static Estimate mean(double[] values) {
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        double half = Z * Math.sqrt(squares / (values.length - 1) / values.length);
        return new Estimate(mean, Math.max(0, mean - half), Math.min(1, mean + half));
    }
}
