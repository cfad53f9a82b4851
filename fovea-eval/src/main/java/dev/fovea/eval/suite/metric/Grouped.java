package dev.fovea.eval.suite.metric;

import dev.fovea.eval.suite.Scored;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Figures of questions that are scored together. */
public final class Grouped {
    private static final Set<String> COGNITION =
            Set.of("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning");

    private Grouped() {}

    /**
     * MME (arXiv 2306.13394): per category the mean over pictures of accuracy plus accuracy+ (both questions right),
     * each in percent, so that a category has at most 200 points; summed over categories. A picture with only one of
     * its two questions is left out.
     */
    public static Map<String, Double> mme(List<Scored> scored) {
        Map<String, Map<String, List<Scored>>> categories = new TreeMap<>();
        for (Scored s : scored) {
            categories
                    .computeIfAbsent(s.skill(), k -> new LinkedHashMap<>())
                    .computeIfAbsent(s.group(), k -> new ArrayList<>())
                    .add(s);
        }
        double perception = 0;
        double cognition = 0;
        for (Map.Entry<String, Map<String, List<Scored>>> category : categories.entrySet()) {
            double points = category.getValue().values().stream()
                    .filter(pair -> pair.size() == 2)
                    .mapToDouble(Grouped::points)
                    .average()
                    .orElse(0);
            if (COGNITION.contains(category.getKey())) {
                cognition += points;
            } else {
                perception += points;
            }
        }
        Map<String, Double> out = new LinkedHashMap<>();
        out.put("total", perception + cognition);
        out.put("perception", perception);
        out.put("cognition", cognition);
        return out;
    }

    private static double points(List<Scored> pair) {
        double right = pair.get(0).score() + pair.get(1).score();
        return 100 * right / 2 + (right == 2 ? 100 : 0);
    }

    /**
     * MMBench's circular evaluation (arXiv 2307.06281, section 4.1): a question counts only if it is answered right
     * under every rotation of its options. The share of groups in which every score is 1.
     */
    public static double circular(List<Scored> scored) {
        Map<String, Boolean> groups = new LinkedHashMap<>();
        scored.forEach(s -> groups.merge(s.group(), s.score() == 1, Boolean::logicalAnd));
        return groups.values().stream()
                .mapToInt(right -> right ? 1 : 0)
                .average()
                .orElse(0);
    }

    /** The mean over groups of the mean score in a group. */
    public static double meanOfMeans(List<Scored> scored) {
        Map<String, List<Double>> groups = new LinkedHashMap<>();
        scored.forEach(
                s -> groups.computeIfAbsent(s.group(), k -> new ArrayList<>()).add(s.score()));
        return groups.values().stream()
                .mapToDouble(g ->
                        g.stream().mapToDouble(Double::doubleValue).average().orElse(0))
                .average()
                .orElse(0);
    }
}
