package dev.fovea.eval.suite.metric;

import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Summed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * POPE's figures (arXiv 2305.10355) as {@link YesNo#pope} has them, over all questions and for each way of choosing what is
 * not there.
 *
 * @param ways the skills of the questions that are a part of their own
 */
public record Polled(List<String> ways) implements Summed {
    private static final List<String> ANSWERS = List.of("yes", "no");

    /** Questions, right answers, then for each right answer how often "yes" and "no" were said. */
    private static final int OF_A_PART = 2 + 4;

    public Polled {
        ways = List.copyOf(ways);
    }

    @Override
    public int size() {
        return (1 + ways.size()) * OF_A_PART;
    }

    @Override
    public void add(Scored scored, double[] sums) {
        add(scored, sums, 0);
        int way = ways.indexOf(scored.skill());
        if (way >= 0) {
            add(scored, sums, 1 + way);
        }
    }

    private static void add(Scored scored, double[] sums, int part) {
        int from = part * OF_A_PART;
        sums[from]++;
        sums[from + 1] += scored.score();
        int target = ANSWERS.indexOf(scored.target());
        int said = ANSWERS.indexOf(scored.prediction());
        if (target >= 0 && said >= 0) {
            sums[from + 2 + 2 * target + said]++;
        }
    }

    @Override
    public Map<String, Double> metrics(double[] sums) {
        Map<String, Double> out = new LinkedHashMap<>();
        List<String> parts = new ArrayList<>(List.of(""));
        ways.forEach(way -> parts.add(way + "."));
        for (int part = 0; part < parts.size(); part++) {
            int from = part * OF_A_PART;
            double questions = sums[from];
            double truePositive = sums[from + 2];
            double falseNegative = sums[from + 3];
            double falsePositive = sums[from + 4];
            double precision = share(truePositive, truePositive + falsePositive);
            double recall = share(truePositive, truePositive + falseNegative);
            String prefix = parts.get(part);
            out.put(prefix + "f1", precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
            out.put(prefix + "accuracy", share(sums[from + 1], questions));
            out.put(prefix + "precision", precision);
            out.put(prefix + "recall", recall);
            out.put(prefix + "yes_ratio", share(truePositive + falsePositive, questions));
        }
        return out;
    }

    private static double share(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }
}
