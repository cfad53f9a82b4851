package dev.fovea.core.path;

import java.util.List;

/**
 * One thing a technique does at one station: which signals it needs there and the pure function from those signals to
 * an outcome. Called once per sample (per image at encoder and connector stations), so one sample can never see
 * another.
 *
 * @param station where
 * @param needs the only signals {@code rule} may read
 * @param rule pure: the same signals give the same outcome
 * @param work what the rule multiplies by weights of its technique's own; without any it is {@link Work#NONE}
 */
public record Step(Station station, List<Signal<?>> needs, Rule rule, Work work) {

    public Step {
        needs = List.copyOf(needs);
    }

    /** A step that multiplies by no weights of its own. */
    public Step(Station station, List<Signal<?>> needs, Rule rule) {
        this(station, needs, rule, Work.NONE);
    }

    /** The same step, saying what it multiplies by weights of its own. */
    public Step working(Work own) {
        return new Step(station, needs, rule, own);
    }

    /** The arithmetic of a step. */
    @FunctionalInterface
    public interface Rule {
        Outcome decide(Signals signals);
    }

    /**
     * How many operations of matrix products with weights of its own a call of a step issues, two FLOPs per
     * multiply-add: what a cost model adds for every call. What it computes of the model's own weights is told by the
     * signals that it needs.
     */
    @FunctionalInterface
    public interface Work {
        /** Nothing. */
        Work NONE = (visual, text) -> 0;

        /**
         * FLOPs of a call.
         *
         * @param visual visual tokens that stand at the station, before what is decided there: of one image before the
         *     language model, of the whole prompt inside
         * @param text tokens of the prompt that are not visual
         */
        long flops(int visual, int text);
    }
}
