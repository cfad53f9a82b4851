package dev.fovea.eval.suite;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A set of questions and how answers to them become figures. */
public interface Suite {

    /** Name in results. */
    String name();

    /** What exactly was asked: where the questions come from, seeds, versions. */
    String source();

    /** Goes through the questions, always the same ones in the same order; questions about one picture are together. */
    void forEach(int limit, Visitor visitor);

    /**
     * Metrics of graded answers, the one that stands for the suite first, each in the unit in which it is published: their
     * mean score, if nothing else is.
     *
     * @param scored at least one
     */
    default Map<String, Double> metrics(List<Scored> scored) {
        return accuracy(scored);
    }

    /**
     * How {@link #metrics} are made of sums over answers, if they are: pictures can then be drawn anew to tell how far each
     * of them may be off. Null if they are not.
     */
    default @Nullable Summed summed() {
        return null;
    }

    /** Takes questions one by one. */
    @FunctionalInterface
    interface Visitor {
        /** Looks at one question; false ends the walk. */
        boolean visit(Item item);
    }

    /** The mean score as a share, and nothing else. */
    static Map<String, Double> accuracy(List<Scored> scored) {
        return Map.of(
                "accuracy", scored.stream().mapToDouble(Scored::score).average().orElse(Double.NaN));
    }
}
