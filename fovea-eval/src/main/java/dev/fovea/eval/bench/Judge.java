package dev.fovea.eval.bench;

import dev.fovea.core.technique.Budget;
import dev.fovea.eval.report.Html;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Holds claims against the results of one suite. */
final class Judge {
    /** From here on a difference in tokens per layer is worth saying. */
    private static final double UNLIKE = 0.05;

    private final List<Entrant> entrants;

    /** @param rows of one suite */
    Judge(List<ResultRow> rows) {
        this.entrants = Entrant.of(rows);
    }

    /** What the results say about each of these. */
    List<Finding> judge(List<Claim> claims) {
        return claims.stream().map(this::judge).toList();
    }

    Finding judge(Claim claim) {
        List<Finding.One> findings = new ArrayList<>();
        Set<String> unmeasured = new LinkedHashSet<>();
        for (String name : claim.ours()) {
            List<Entrant> ours = ours(name, claim.budgets(), unmeasured);
            switch (claim) {
                case Claim.OfScore score -> scores(score, ours, findings, unmeasured);
                case Claim.OfPlace place -> places(place, ours, findings, unmeasured);
            }
        }
        return new Finding(claim, findings, List.copyOf(unmeasured));
    }

    private List<Entrant> ours(String name, Claim.Range budgets, Set<String> unmeasured) {
        List<Entrant> all = name.equals(Claim.EVERY)
                ? entrants.stream().filter(Entrant::chooses).toList()
                : named(name, unmeasured);
        List<Entrant> within =
                all.stream().filter(e -> budgets.holds(e.share())).toList();
        if (!all.isEmpty() && within.isEmpty()) {
            unmeasured.add((name.equals(Claim.EVERY) ? "No technique" : name) + " ran at no budget of "
                    + budgets.words() + ".");
        }
        return within;
    }

    private List<Entrant> named(String name, Set<String> unmeasured) {
        List<Entrant> found = entrants.stream().filter(e -> e.isCalled(name)).toList();
        if (found.isEmpty()) {
            unmeasured.add(name + " is not among those that answered.");
        }
        return found;
    }

    private void scores(Claim.OfScore claim, List<Entrant> ours, List<Finding.One> findings, Set<String> unmeasured) {
        if (claim.match() == Claim.Match.FULL) {
            List<Entrant> plain = named(Contestant.VANILLA.technique(), unmeasured);
            for (Entrant our : ours) {
                plain.forEach(full -> score(claim, our, Opponent.alone(full), "", findings, unmeasured));
            }
            return;
        }
        for (String name : claim.theirs()) {
            List<Entrant> theirs = named(name, unmeasured);
            Set<Double> seen = new LinkedHashSet<>();
            for (Entrant our : theirs.isEmpty() ? List.<Entrant>of() : ours) {
                switch (claim.match()) {
                    case BUDGET ->
                        atBudget(our, theirs, name, unmeasured)
                                .ifPresent(other -> score(claim, our, other, unlike(our, other), findings, unmeasured));
                    case FLOPS -> atCost(claim, our, theirs, Entrant::flops, "FLOPs", seen, findings, unmeasured);
                    default ->
                        atCost(claim, our, theirs, Entrant::tokens, "tokens per layer", seen, findings, unmeasured);
                }
            }
        }
    }

    private static Optional<Opponent> atBudget(Entrant our, List<Entrant> theirs, String name, Set<String> unmeasured) {
        Optional<Opponent> other =
                Opponent.atBudget(Budget.parse(our.contestant().budget()), theirs);
        if (other.isEmpty()) {
            unmeasured.add(name + " did not answer at " + our.contestant().budget() + ".");
        }
        return other;
    }

    /** What the same budget hides: a technique that prunes inside the model has it only behind its station. */
    private static String unlike(Entrant our, Opponent other) {
        double ratio = other.cost(Entrant::tokens) / our.tokens();
        return Math.abs(ratio - 1) > UNLIKE ? ": " + Html.number(ratio, 2) + " times the tokens per layer" : "";
    }

    private void atCost(
            Claim.OfScore claim,
            Entrant our,
            List<Entrant> theirs,
            ToDoubleFunction<Entrant> costs,
            String unit,
            Set<Double> seen,
            List<Finding.One> findings,
            Set<String> unmeasured) {
        double cost = costs.applyAsDouble(our);
        if (!seen.add(cost)) {
            return; // A technique that does not read its budget is the same at each.
        }
        Optional<Opponent> other = Opponent.atCost(cost, theirs, costs);
        if (other.isEmpty()) {
            unmeasured.add("No budgets of " + theirs.getFirst().id() + " embrace the " + unit + " of "
                    + our.contestant().label() + ".");
            return;
        }
        double ratio = other.get().cost(costs) / cost;
        score(claim, our, other.get(), ": " + Html.number(ratio, 2) + " times the " + unit, findings, unmeasured);
    }

    private static void score(
            Claim.OfScore claim,
            Entrant our,
            Opponent other,
            String footing,
            List<Finding.One> findings,
            Set<String> unmeasured) {
        List<Paired.Pair> pairs = new ArrayList<>();
        our.answers().forEach((question, row) -> {
            double theirs = other.score(question);
            if (!Double.isNaN(theirs) && (!claim.locationOnly() || asksForPlace(row))) {
                pairs.add(new Paired.Pair(row.picture(), row.score() - claim.share() * theirs));
            }
        });
        if (pairs.isEmpty()) {
            unmeasured.add("No question counts that both " + our.contestant().label() + " and " + other.label()
                    + " answered.");
            return;
        }
        Paired paired = Paired.of(pairs);
        Verdict verdict = switch (claim.relation()) {
            case ABOVE -> Verdict.above(paired, 0);
            case LEVEL -> Verdict.level(paired);
            case BELOW -> Verdict.below(paired, 0);
        };
        String theirs = (claim.share() == 1 ? "" : Html.percent(claim.share()) + " of ") + other.label() + footing;
        findings.add(new Finding.One(our.contestant().label(), theirs, paired, verdict));
    }

    /** The world's skill, and the data sets that ask for nothing else. */
    private static boolean asksForPlace(ResultRow row) {
        return row.skill().equals("location") || row.task().startsWith("refcoco");
    }

    private void places(Claim.OfPlace claim, List<Entrant> ours, List<Finding.One> findings, Set<String> unmeasured) {
        if (claim.place() != Claim.Place.LESS_LOW) {
            for (Entrant our : ours) {
                lowerHalf(claim, our, null, findings, unmeasured);
            }
            return;
        }
        for (String name : claim.theirs()) {
            List<Entrant> theirs = named(name, unmeasured);
            for (Entrant our : theirs.isEmpty() ? List.<Entrant>of() : ours) {
                atBudget(our, theirs, name, unmeasured)
                        .ifPresent(other -> lowerHalf(claim, our, other, findings, unmeasured));
            }
        }
    }

    private static void lowerHalf(
            Claim.OfPlace claim,
            Entrant our,
            @Nullable Opponent other,
            List<Finding.One> findings,
            Set<String> unmeasured) {
        List<Paired.Pair> pairs = new ArrayList<>();
        our.answers().forEach((question, row) -> {
            ResultRow theirs = other == null ? null : other.first().answers().get(question);
            double even = other == null ? 0.5 : theirs == null ? Double.NaN : KeptRows.lowerHalf(theirs.keptRows());
            double difference = KeptRows.lowerHalf(row.keptRows()) - even;
            if (!Double.isNaN(difference)) {
                pairs.add(new Paired.Pair(row.picture(), difference));
            }
        });
        if (pairs.isEmpty()) {
            unmeasured.add(our.contestant().label() + " left no token that has a place.");
            return;
        }
        Paired paired = Paired.of(pairs);
        Verdict verdict = switch (claim.place()) {
            case LOW -> Verdict.above(paired, Verdict.EVEN);
            case NOT_LOW -> Verdict.below(paired, Verdict.EVEN);
            case LESS_LOW -> Verdict.below(paired, 0);
        };
        String theirs = other == null ? "an even share" : other.label();
        findings.add(new Finding.One(our.contestant().label(), theirs, paired, verdict));
    }
}
