package dev.fovea.eval.bench;

import dev.fovea.eval.Proportion;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Suite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * How one contestant did in one suite.
 *
 * @param suite its name
 * @param metrics published metrics, the one that stands for the suite first
 * @param score mean score with its interval
 * @param bySkill the same by skill
 * @param kept visual tokens behind the last station, on average
 * @param mean visual tokens per decoder layer, on average
 * @param encodeMs median over pictures
 * @param prefillMs median over questions; selection is part of it
 * @param decodeMs median over questions
 * @param encodeFlops mean
 * @param prefillFlops mean
 * @param kvBytes mean
 * @param errors questions without an answer
 * @param firstError why, for the first of them; empty if there is none
 */
public record Standing(
        Contestant contestant,
        String suite,
        Map<String, Double> metrics,
        Proportion score,
        Map<String, Proportion> bySkill,
        double kept,
        double mean,
        double encodeMs,
        double prefillMs,
        double decodeMs,
        double encodeFlops,
        double prefillFlops,
        double kvBytes,
        int errors,
        String firstError) {

    /** The figure that stands for the suite. */
    public double headline() {
        return metrics.values().stream().findFirst().orElse(Double.NaN);
    }

    /** All contestants in all suites, in the order in which they appear. */
    public static List<Standing> of(List<ResultRow> rows, List<Suite> suites) {
        List<Standing> standings = new ArrayList<>();
        for (Suite suite : suites) {
            Map<Contestant, List<ResultRow>> own = new LinkedHashMap<>();
            for (ResultRow row : rows) {
                if (row.task().equals(suite.name())) {
                    own.computeIfAbsent(row.contestant(), c -> new ArrayList<>())
                            .add(row);
                }
            }
            own.forEach((contestant, all) -> standings.add(of(contestant, suite, all)));
        }
        return standings;
    }

    private static Standing of(Contestant contestant, Suite suite, List<ResultRow> all) {
        List<ResultRow> rows = all.stream().filter(ResultRow::answered).toList();
        List<Scored> scored = rows.stream().map(ResultRow::scored).toList();
        Map<String, List<Scored>> skills = new TreeMap<>();
        for (Scored s : scored) {
            if (!s.skill().isEmpty()) {
                skills.computeIfAbsent(s.skill(), k -> new ArrayList<>()).add(s);
            }
        }
        Map<String, Proportion> bySkill = new LinkedHashMap<>();
        skills.forEach((skill, own) -> bySkill.put(skill, proportion(own)));
        Map<String, Double> encode = new LinkedHashMap<>();
        rows.forEach(row -> encode.putIfAbsent(row.picture(), row.encodeMs()));
        return new Standing(
                contestant,
                suite.name(),
                scored.isEmpty() ? Map.of() : suite.metrics(scored),
                proportion(scored),
                bySkill,
                average(rows, ResultRow::visualKept),
                average(rows, ResultRow::visualMean),
                median(encode.values().stream().mapToDouble(Double::doubleValue).toArray()),
                median(rows.stream().mapToDouble(ResultRow::prefillMs).toArray()),
                median(rows.stream().mapToDouble(ResultRow::decodeMs).toArray()),
                average(rows, ResultRow::encodeFlops),
                average(rows, ResultRow::prefillFlops),
                average(rows, ResultRow::kvBytes),
                all.size() - rows.size(),
                all.stream()
                        .filter(row -> !row.answered())
                        .map(row -> String.valueOf(row.error()))
                        .findFirst()
                        .orElse(""));
    }

    /**
     * What is left of the plain model, as papers report it: the mean over suites of the ratio of headline metrics.
     * NaN where a suite has no figure for either.
     */
    public static Map<Contestant, Double> retention(List<Standing> standings) {
        Map<String, Double> vanilla = new LinkedHashMap<>();
        for (Standing s : standings) {
            if (s.contestant().equals(Contestant.VANILLA)) {
                vanilla.put(s.suite(), s.headline());
            }
        }
        Map<Contestant, List<Double>> ratios = new LinkedHashMap<>();
        for (Standing s : standings) {
            double full = vanilla.getOrDefault(s.suite(), Double.NaN);
            ratios.computeIfAbsent(s.contestant(), c -> new ArrayList<>()).add(s.headline() / full);
        }
        Map<Contestant, Double> out = new LinkedHashMap<>();
        ratios.forEach((contestant, r) -> out.put(
                contestant,
                r.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN)));
        return out;
    }

    private static Proportion proportion(List<Scored> scored) {
        return new Proportion(scored.stream().mapToDouble(Scored::score).sum(), scored.size());
    }

    private static double average(List<ResultRow> rows, ToDoubleFunction<ResultRow> value) {
        return rows.stream().mapToDouble(value).average().orElse(Double.NaN);
    }

    private static double median(double[] values) {
        if (values.length == 0) {
            return Double.NaN;
        }
        Arrays.sort(values);
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
