package dev.fovea.eval.suite;

/**
 * One question of a suite.
 *
 * @param id unique within the suite
 * @param picture what it is about
 * @param prompt the text that the model is asked, instructions included
 * @param maxTokens the longest answer
 * @param skill what it tests, for tables by skill; empty if the suite does not say
 * @param group questions that are scored together carry the same; empty for others
 * @param target the right answer, as the suite writes it
 * @param grader judges an answer
 */
public record Item(
        String id,
        PictureSource picture,
        String prompt,
        int maxTokens,
        String skill,
        String group,
        String target,
        Grader grader) {}
