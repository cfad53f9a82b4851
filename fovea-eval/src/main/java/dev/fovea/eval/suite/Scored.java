package dev.fovea.eval.suite;

import java.util.Map;

/**
 * A graded answer, as metrics see it.
 *
 * @param id of the question
 * @param skill of the question
 * @param group of the question
 * @param target the right answer
 * @param prediction what was understood
 * @param score 0 to 1
 * @param facts what else was counted in it, by name
 */
public record Scored(
        String id,
        String skill,
        String group,
        String target,
        String prediction,
        double score,
        Map<String, Double> facts) {

    /** An answer in which nothing else was counted. */
    public Scored(String id, String skill, String group, String target, String prediction, double score) {
        this(id, skill, group, target, prediction, score, Map.of());
    }

    /** What was counted under a name; 0 if nothing was. */
    public double fact(String name) {
        return facts.getOrDefault(name, 0.0);
    }
}
