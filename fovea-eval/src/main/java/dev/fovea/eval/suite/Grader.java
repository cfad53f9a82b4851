package dev.fovea.eval.suite;

import dev.fovea.core.image.RgbImage;

/** Judges an answer. */
@FunctionalInterface
public interface Grader {

    /**
     * The judgement of one answer.
     *
     * @param prediction what was understood
     * @param score 0 for wrong to 1 for right
     */
    record Grade(String prediction, double score) {
        /** Right if both are equal. */
        public static Grade match(String prediction, String target) {
            return new Grade(prediction, prediction.equals(target) ? 1 : 0);
        }
    }

    /** Judges what the model said about the picture. */
    Grade grade(String answer, RgbImage picture);

    /** A judge who does not look at the picture. */
    static Grader of(java.util.function.Function<String, Grade> judge) {
        return (answer, picture) -> judge.apply(answer);
    }
}
