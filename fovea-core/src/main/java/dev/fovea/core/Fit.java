package dev.fovea.core;

import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.path.Station;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Substitute;
import dev.fovea.core.technique.Technique;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a technique, with its default knobs and half of the tokens, runs on a model; told from sizes alone.
 *
 * @param refusal why it does not, in one sentence, or null where it does
 * @param substitutes what takes the place of signals that the model does not have
 */
public record Fit(@Nullable String refusal, List<Substitute> substitutes) {
    private static final double SHARE = 0.5;

    public Fit {
        substitutes = List.copyOf(substitutes);
    }

    /** Whether it runs. */
    public boolean runs() {
        return refusal == null;
    }

    /**
     * How a technique fits a model.
     *
     * @param resizes whether the model's pictures can be prepared at a size of choice
     */
    public static Fit of(Technique technique, ModelShape shape, boolean resizes) {
        Card card = technique.card();
        try {
            Plan plan = technique.plan(shape, Budget.share(SHARE), Knobs.of(card, Map.of()));
            PlanCheck.check(plan, shape);
            if (!resizes && plan.steps().stream().anyMatch(s -> s.station() instanceof Station.Framing)) {
                return new Fit(
                        "Technique '" + card.id() + "' decides how large a picture is seen, but the tiles of this"
                                + " model have one size.",
                        List.of());
            }
        } catch (IllegalArgumentException e) {
            return new Fit(String.valueOf(e.getMessage()), List.of());
        }
        return new Fit(
                null, card.substitutes().stream().filter(s -> needed(s, shape)).toList());
    }

    private static boolean needed(Substitute substitute, ModelShape shape) {
        return switch (substitute) {
            case CLASS_ATTENTION -> !shape.hasCls();
            case QUESTION -> !shape.hasTextTower();
        };
    }
}
