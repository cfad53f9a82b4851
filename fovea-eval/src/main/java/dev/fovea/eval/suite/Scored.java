package dev.fovea.eval.suite;

/**
 * A graded answer, as metrics see it.
 *
 * @param id of the question
 * @param skill of the question
 * @param group of the question
 * @param target the right answer
 * @param prediction what was understood
 * @param score 0 to 1
 */
public record Scored(String id, String skill, String group, String target, String prediction, double score) {}
