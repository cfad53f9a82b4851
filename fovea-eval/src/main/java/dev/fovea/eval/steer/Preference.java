package dev.fovea.eval.steer;

import dev.fovea.eval.suite.PictureSource;

/**
 * A question with an answer that is preferred and one that is not.
 *
 * @param id unique among the pairs of a fit
 * @param picture what it is about
 * @param question as the model is asked
 * @param preferred the answer that should become likelier
 * @param dispreferred the answer that should become less likely
 */
public record Preference(String id, PictureSource picture, String question, String preferred, String dispreferred) {}
