package dev.fovea.eval.suite;

import dev.fovea.core.image.Region;
import java.util.List;

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
 * @param about where in the picture lies what it speaks of, in pixels, where the suite knows
 */
public record Item(
        String id,
        PictureSource picture,
        String prompt,
        int maxTokens,
        String skill,
        String group,
        String target,
        Grader grader,
        List<Region> about) {

    public Item {
        about = List.copyOf(about);
    }

    /** A question of a suite that does not know where in the picture lies what it speaks of. */
    public Item(
            String id,
            PictureSource picture,
            String prompt,
            int maxTokens,
            String skill,
            String group,
            String target,
            Grader grader) {
        this(id, picture, prompt, maxTokens, skill, group, target, grader, List.of());
    }
}
