package dev.fovea.cli.speed;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a technique's choice costs: the time from before each of its steps, its signals included, to the end of its rule,
 * plus what its signals add to the encoder where no step shortens it. Projections that a step looks at first and the
 * layer then uses are counted too, so the figures err on the high side.
 *
 * <p>Only the part of the path runs on which a technique looks: all layers of the language model for those with a step
 * there, without the MLPs, into which no step looks; one layer for the others; the encoder once for those that never look
 * into it.
 */
final class SelectionCost {
    private static final long CONNECTOR = new Station.Connector().order();
    private static final long PROMPT = new Station.Embeddings().order();

    private final ModelParts whole;
    private final ModelParts shallow;
    private final Visit visit;

    SelectionCost(RandomLlava sizes, Visit visit) {
        this.whole = sizes.withoutMlp();
        this.shallow = sizes.withLayers(1);
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

    /** At the smallest budget that the technique can meet. */
    Cost of(Technique technique, int rounds, BooleanSupplier goOn) {
        String id = technique.card().id();
        try {
            return Untrained.first(
                    technique, whole.shape(), p -> new Cost(id, p.budget(), seconds(p, rounds, goOn), ""));
        } catch (IllegalArgumentException e) {
            return new Cost(id, PathSpeed.FEW, null, String.valueOf(e.getMessage()));
        }
    }

    private Quartiles seconds(Untrained.Planned planned, int rounds, BooleanSupplier goOn) {
        Plan plan = planned.plan();
        if (plan.steps().isEmpty()) {
            return Quartiles.of(0);
        }
        boolean inside = plan.steps().stream().anyMatch(s -> order(s) < CONNECTOR);
        boolean looks = plan.steps().stream()
                .anyMatch(s -> order(s) == CONNECTOR && !s.needs().isEmpty());
        ModelParts model = plan.steps().stream().anyMatch(s -> order(s) >= PROMPT) ? whole : shallow;
        Clock clock = new Clock();
        PlanRun run = Visit.run(clock.around(plan), model);
        Turns turns = new Turns();
        if (looks && !inside) {
            turns.task("encode", () -> visit.encode(model, PlanRun.plain()).close());
        }
        try (Encoded encoded = new Encoded()) {
            if (looks || inside) {
                turns.task("encode, declared", () -> {
                    clock.reset();
                    encoded.set(visit.encode(model, run));
                });
            } else {
                encoded.set(visit.encode(model, run));
            }
            turns.task("choose", () -> {
                if (!looks && !inside) {
                    clock.reset();
                }
                visit.prefill(model, encoded.get(), run).close();
                clock.endRound();
            });
            turns.run(rounds, goOn);
        }
        double signals = looks && !inside
                ? Math.max(
                        0,
                        turns.each(t -> t.seconds("encode, declared") - t.seconds("encode"))
                                .median())
                : 0;
        Quartiles steps = Quartiles.of(clock.counted(rounds));
        return new Quartiles(steps.low() + signals, steps.median() + signals, steps.high() + signals);
    }

    private static long order(Step step) {
        return step.station().order();
    }

    /** The picture of this round; a new one closes the one before. */
    private static final class Encoded implements AutoCloseable {
        private @Nullable EncodedImage image;

        void set(EncodedImage next) {
            close();
            image = next;
        }

        EncodedImage get() {
            if (image == null) {
                throw new IllegalStateException("Nothing is encoded yet");
            }
            return image;
        }

        @Override
        public void close() {
            if (image != null) {
                image.close();
                image = null;
            }
        }
    }

    /** Puts a step that starts a clock before each step, and stops it behind each rule. */
    private static final class Clock {
        private final List<Double> rounds = new ArrayList<>();
        private long started;
        private long total;

        Plan around(Plan plan) {
            List<Step> steps = new ArrayList<>();
            for (Step step : plan.steps()) {
                if (step.station() instanceof Station.Weights) {
                    continue; // done once for all prompts, with weights that nobody trained for these sizes
                }
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
