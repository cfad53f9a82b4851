package dev.fovea.techniques.baseline;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import java.util.List;

/** The plain model: every visual token, no step. */
public final class Full implements Technique {
    private static final Card CARD = new Card(
            "full",
            "The unpruned model",
            "",
            "Keeps every visual token: the plain model.",
            List.of(),
            List.of(),
            false,
            List.of("The budget is not read."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        return Plan.plain();
    }
}
