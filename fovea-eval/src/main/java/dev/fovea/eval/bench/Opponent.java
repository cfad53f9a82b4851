package dev.fovea.eval.bench;

import dev.fovea.core.technique.Budget;
import dev.fovea.eval.report.Html;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Who an entrant is held against: another one, or a mixture of two budgets of one technique that costs exactly as much.
 * The mixture is what one gets by answering this share of the questions at one budget and the others at the other, so
 * its score is the weighted mean of theirs, question by question.
 *
 * @param first one of them
 * @param second the other, or null
 * @param weight of the second
 */
record Opponent(Entrant first, @Nullable Entrant second, double weight) {
    /** Entrants whose costs differ by less than this share are taken as they are. */
    private static final double SAME = 0.01;

    /** The most by which the nearest one may differ where no two budgets embrace the cost. */
    private static final double NEAR = 0.05;

    static Opponent alone(Entrant entrant) {
        return new Opponent(entrant, null, 0);
    }

    /** The one of these with the same budget. */
    static Optional<Opponent> atBudget(Budget budget, List<Entrant> theirs) {
        return theirs.stream()
                .filter(t -> Budget.parse(t.contestant().budget()).equals(budget))
                .findFirst()
                .map(Opponent::alone);
    }

    /** One or two of these that cost as much; empty if none comes near. */
    static Optional<Opponent> atCost(double cost, List<Entrant> theirs, ToDoubleFunction<Entrant> costs) {
        Optional<Entrant> nearest = theirs.stream().min(Comparator.comparingDouble(t -> gap(cost, costs, t)));
        if (nearest.isPresent() && gap(cost, costs, nearest.get()) <= SAME) {
            return nearest.map(Opponent::alone);
        }
        Optional<Entrant> below =
                theirs.stream().filter(t -> costs.applyAsDouble(t) <= cost).max(Comparator.comparingDouble(costs));
        Optional<Entrant> above =
                theirs.stream().filter(t -> costs.applyAsDouble(t) > cost).min(Comparator.comparingDouble(costs));
        if (below.isPresent() && above.isPresent()) {
            double from = costs.applyAsDouble(below.get());
            double weight = (cost - from) / (costs.applyAsDouble(above.get()) - from);
            return Optional.of(new Opponent(below.get(), above.get(), weight));
        }
        return nearest.filter(t -> gap(cost, costs, t) <= NEAR).map(Opponent::alone);
    }

    private static double gap(double cost, ToDoubleFunction<Entrant> costs, Entrant entrant) {
        return Math.abs(costs.applyAsDouble(entrant) / cost - 1);
    }

    /** The score on a question; NaN if it was not answered. */
    double score(String question) {
        ResultRow one = first.answers().get(question);
        if (one == null || second == null) {
            return one == null ? Double.NaN : one.score();
        }
        ResultRow other = second.answers().get(question);
        return other == null ? Double.NaN : (1 - weight) * one.score() + weight * other.score();
    }

    /** The average of a cost. */
    double cost(ToDoubleFunction<Entrant> costs) {
        double one = costs.applyAsDouble(first);
        return second == null ? one : (1 - weight) * one + weight * costs.applyAsDouble(second);
    }

    /** Who it is: {@code fastv at 22.2% (43 %) and 33.3% (57 %)}. */
    String label() {
        if (second == null) {
            return first.contestant().label();
        }
        return first.contestant().label() + " (" + Html.number(100 * (1 - weight), 0) + " %) and "
                + second.contestant().budget() + " (" + Html.number(100 * weight, 0) + " %)";
    }
}
