package dev.fovea.eval.suite;

import dev.fovea.core.image.RgbImage;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Judges an answer. */
@FunctionalInterface
public interface Grader {

    /**
     * The judgement of one answer.
     *
     * @param prediction what was understood
     * @param score 0 for wrong to 1 for right
     * @param facts what else was counted in the answer, by name; none for most suites
     */
    record Grade(String prediction, double score, Map<String, Double> facts) {
        public Grade {
            facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        }

        /** A judgement that counts nothing else. */
        public Grade(String prediction, double score) {
            this(prediction, score, Map.of());
        }

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
