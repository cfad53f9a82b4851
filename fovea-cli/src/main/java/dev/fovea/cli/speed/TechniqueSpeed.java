package dev.fovea.cli.speed;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.eval.cost.CostModel;
import dev.fovea.eval.cost.Load;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How much sooner a technique with weights of its own has read a prompt, beside how many operations it saves: the way
 * from the picture's features to the first token's logits, through all layers, in turns with the plain model. What such
 * techniques add to the model's own weights is left out, as it costs nothing once it is added.
 */
final class TechniqueSpeed {
    private final ModelParts whole;
    private final CostModel costs;
    private final Visit visit;

    TechniqueSpeed(RandomLlava sizes, Visit visit) {
        this.whole = sizes.withLayers(RandomLlava.LAYERS);
        this.costs = CostModel.of(whole.shape());
        this.visit = visit;
    }

    /**
     * What was found for one technique.
     *
     * @param budget visual tokens that it was asked to keep
     * @param speedUp time of the plain model over its time, or null if it cannot run here
     * @param operationsRatio the same of their operations
     * @param reason why it cannot run, or empty
     */
    record SpeedUp(String technique, int budget, @Nullable Quartiles speedUp, double operationsRatio, String reason) {
        double ofRatio() {
            return speedUp == null ? Double.NaN : speedUp.median() / operationsRatio;
        }
    }

    SpeedUp of(Technique technique, int rounds, BooleanSupplier goOn) {
        String id = technique.card().id();
        try {
            return Untrained.first(technique, whole.shape(), p -> measured(id, p, rounds, goOn));
        } catch (IllegalArgumentException e) {
            return new SpeedUp(id, PathSpeed.FEW, null, 1, String.valueOf(e.getMessage()));
        }
    }

    private SpeedUp measured(String id, Untrained.Planned planned, int rounds, BooleanSupplier goOn) {
        PlanRun plain = PlanRun.plain();
        PlanRun run = Visit.run(planned.plan(), whole);
        try (EncodedImage picture = visit.encode(whole, plain);
                EncodedImage looked = visit.encode(whole, run);
                PromptState first = visit.prefill(whole, looked, run)) {
            Plan plan = planned.plan();
            Load load = Load.of(whole.shape(), plan, first.ledger(), Visit.WORDS, 0);
            double operations = costs.cost(plan, load).prefillTotal();
            double all = costs.cost(Plan.plain(), Load.full(whole.shape(), Visit.WORDS, 0))
                    .prefillTotal();
            Turns turns = new Turns()
                    .task("plain", () -> visit.prefill(whole, picture, plain).close())
                    .task("technique", () -> visit.prefill(whole, looked, run).close())
                    .run(rounds, goOn);
            Quartiles speedUp = turns.each(t -> t.seconds("plain") / t.seconds("technique"));
            return new SpeedUp(id, planned.budget(), speedUp, all / operations, "");
        }
    }
}
