package dev.fovea.cli.speed;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a technique's choice costs: the time from before each of its steps, its signals included, to the end of its rule,
 * plus what its signals add to the encoder where no step shortens it. Projections that a step looks at first and the
 * layer then uses are counted too, so the figures err on the high side.
 */
final class SelectionCost {
    /** Layers of the language model that the plans are made for. */
    private static final int DEPTH = 4;

    private static final int[] BUDGETS = {PathSpeed.FEW, 128, 192, 288};

    private final ModelParts model;
    private final Visit visit;

    SelectionCost(RandomLlava sizes, Visit visit) {
        this.model = sizes.withLayers(DEPTH);
        this.visit = visit;
    }

    /**
     * The cost of one technique.
     *
     * @param budget visual tokens it was asked to keep
     * @param seconds of choosing, or null if the technique cannot run here
     * @param reason why not, or empty
     */
    record Cost(String technique, int budget, @Nullable Quartiles seconds, String reason) {}

    /** At the smallest budget that the technique can meet: those that prune late keep more tokens on average. */
    Cost of(Technique technique, int rounds, BooleanSupplier goOn) {
        Cost cost = at(BUDGETS[0], technique, rounds, goOn);
        for (int i = 1; i < BUDGETS.length && cost.seconds() == null; i++) {
            Cost larger = at(BUDGETS[i], technique, rounds, goOn);
            cost = larger.seconds() == null ? cost : larger;
        }
        return cost;
    }

    private Cost at(int budget, Technique technique, int rounds, BooleanSupplier goOn) {
        String id = technique.card().id();
        Clock clock = new Clock();
        Plan plan;
        try {
            plan = Techniques.of(List.of(technique)).plan(List.of(id), model.shape(), Budget.count(budget), 1);
            PlanCheck.check(plan, model.shape());
        } catch (IllegalArgumentException e) {
            return new Cost(id, budget, null, String.valueOf(e.getMessage()));
        }
        PlanRun run = Visit.run(clock.around(plan), model);
        boolean insideEncoder =
                plan.steps().stream().anyMatch(s -> s.station().order() < new Station.Connector().order());
        Turns turns = new Turns()
                .task("encode", () -> visit.encode(model, PlanRun.plain()).close())
                .task("encode, declared", () -> visit.encode(model, run).close())
                .task("all", () -> {
                    clock.reset();
                    try (EncodedImage image = visit.encode(model, run)) {
                        visit.prefill(model, image, run).close();
                    }
                    clock.endRound();
                })
                .run(rounds, goOn);
        Quartiles steps = Quartiles.of(clock.counted(rounds));
        double signals = insideEncoder || plan.steps().isEmpty()
                ? 0
                : Math.max(
                        0,
                        turns.each(t -> t.seconds("encode, declared") - t.seconds("encode"))
                                .median());
        return new Cost(
                id, budget, new Quartiles(steps.low() + signals, steps.median() + signals, steps.high() + signals), "");
    }

    /** Puts a step that starts a clock before each step, and stops it behind each rule. */
    private static final class Clock {
        private final List<Double> rounds = new ArrayList<>();
        private long started;
        private long total;

        Plan around(Plan plan) {
            List<Step> steps = new ArrayList<>();
            for (Step step : plan.steps()) {
                steps.add(new Step(step.station(), List.of(), signals -> {
                    started = System.nanoTime();
                    return Outcome.of(new Decision.Unchanged());
                }));
                steps.add(new Step(step.station(), step.needs(), signals -> {
                    Outcome outcome = step.rule().decide(signals);
                    total += System.nanoTime() - started;
                    return outcome;
                }));
            }
            return new Plan(plan.technique(), steps, plan.proportionalAttention());
        }

        void reset() {
            total = 0;
        }

        void endRound() {
            rounds.add(total / 1e9);
        }

        /** The last rounds: those before warmed up. */
        double[] counted(int wanted) {
            return rounds.subList(rounds.size() - wanted, rounds.size()).stream()
                    .mapToDouble(Double::doubleValue)
                    .toArray();
        }
    }
}
