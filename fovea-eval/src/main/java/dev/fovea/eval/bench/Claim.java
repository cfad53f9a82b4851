package dev.fovea.eval.bench;

import java.util.List;

/** A published statement about techniques that a contest can bear out, or not. */
public sealed interface Claim {

    /** Among {@link #ours}: every contestant that spends tokens but {@code random}. */
    String EVERY = "*";

    /** What is claimed, in one sentence. */
    String statement();

    /** Who claims it, with the published figures. */
    String source();

    /**
     * Those that the claim is about: ids, or texts with knobs that are compared as typed. An id also stands for the
     * same technique with knobs from a file.
     */
    List<String> ours();

    /** Those they are held against. */
    List<String> theirs();

    /** At which budgets of ours. */
    Range budgets();

    /**
     * Shares of the visual tokens, both ends included.
     *
     * @param words how the range reads
     */
    record Range(double low, double high, String words) {
        static Range any() {
            return new Range(0, 0.999, "any budget");
        }

        /** Up to this percentage, a little slack for rounded ones included. */
        static Range upTo(double percent) {
            return new Range(0, percent / 100 + 0.001, "at most " + plain(percent));
        }

        /** About this percentage: 15 % of it more or less. */
        static Range about(double percent) {
            return new Range(0.85 * percent / 100, 1.15 * percent / 100, "about " + plain(percent));
        }

        boolean holds(double share) {
            return share >= low && share <= high;
        }

        private static String plain(double percent) {
            return (percent == Math.rint(percent) ? Long.toString((long) percent) : Double.toString(percent)) + " %";
        }
    }

    /** How two scores are claimed to relate. */
    enum Relation {
        ABOVE,
        LEVEL,
        BELOW
    }

    /** What makes two contestants comparable. */
    enum Match {
        /** The same budget as typed. */
        BUDGET,
        /** As many counted operations from features to the first token. */
        FLOPS,
        /** As many visual tokens per decoder layer on average. */
        TOKENS,
        /** Any budget against the plain model. */
        FULL
    }

    /**
     * A claim about scores.
     *
     * @param relation of our score to theirs
     * @param share of their score that ours is held against, 1 for all of it
     * @param locationOnly whether only questions for an object's place count
     */
    record OfScore(
            String statement,
            String source,
            List<String> ours,
            Relation relation,
            double share,
            List<String> theirs,
            Match match,
            Range budgets,
            boolean locationOnly)
            implements Claim {
        public OfScore {
            ours = List.copyOf(ours);
            theirs = List.copyOf(theirs);
        }
    }

    /** What is claimed about the place of the tokens kept. */
    enum Place {
        /** More than an even share of them lies in the lower half of the picture. */
        LOW,
        /** No more than an even share does. */
        NOT_LOW,
        /** A smaller share does than of theirs. */
        LESS_LOW
    }

    /**
     * A claim about where the kept tokens lie.
     *
     * @param theirs none but for {@link Place#LESS_LOW}
     */
    record OfPlace(String statement, String source, List<String> ours, Place place, List<String> theirs, Range budgets)
            implements Claim {
        public OfPlace {
            ours = List.copyOf(ours);
            theirs = List.copyOf(theirs);
        }
    }
}
