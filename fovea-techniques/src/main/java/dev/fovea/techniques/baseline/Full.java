package dev.fovea.techniques.baseline;

import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import java.util.List;

/** The plain model: every visual token, no step. */
public final class Full implements Technique {
    private static final Card CARD = Card.of("""
            id        full
            title     The unpruned model
            summary   Keeps every visual token: the plain model.
            stations  none
            budget    Not read.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        return List.of();
    }
}
