package dev.fovea.core;

import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Substitute;
import dev.fovea.core.technique.Technique;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a technique, with its default knobs and half of the tokens, runs on a model; told from sizes alone. A way to
 * decode runs wherever words are generated.
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
     * @param pictures how the model's pictures are prepared
     */
    public static Fit of(Technique technique, ModelShape shape, PictureProcessor pictures) {
        Card card = technique.card();
        if (!technique.plans()) {
            return new Fit(null, List.of());
        }
        try {
            Plan plan = technique.plan(shape, Budget.share(SHARE), Knobs.of(card, Map.of()));
            PlanCheck.check(plan, shape);
            String framing = framing(plan, shape, pictures);
            if (framing != null) {
                return new Fit("Technique '" + card.id() + "' " + framing, List.of());
            }
        } catch (IllegalArgumentException e) {
            return new Fit(String.valueOf(e.getMessage()), List.of());
        }
        return new Fit(
                null, card.substitutes().stream().filter(s -> needed(s, shape)).toList());
    }

    /** Why pictures cannot be framed as the plan has it, or null where they can. */
    private static @Nullable String framing(Plan plan, ModelShape shape, PictureProcessor pictures) {
        for (Step step : plan.steps()) {
            boolean framing = step.station() instanceof Station.Framing;
            if (framing && cuts(step, shape)) {
                if (!pictures.cutsPictures()) {
                    return "cuts pictures into tiles, but those of this model are prepared in a way of its own.";
                }
            } else if (framing && !pictures.resizesViews()) {
                return "decides how large a picture is seen, but the tiles of this model have one size.";
            }
        }
        return null;
    }

    /** Whether a step that looks at sizes alone has a large picture cut. */
    private static boolean cuts(Step step, ModelShape shape) {
        Signal.PictureSize size = new Signal.PictureSize();
        return Set.of(size).containsAll(step.needs())
                && step.rule().decide(new LargePicture(shape)).decision() instanceof Decision.Cut;
    }

    private record LargePicture(ModelShape shape) implements Signals {
        private static final float SIDE = 4000;

        @Override
        @SuppressWarnings("unchecked")
        public <T> T get(Signal<T> signal) {
            // The one signal that such a step may declare, of the type that it promises.
            return (T) new float[] {SIDE, SIDE};
        }

        @Override
        public Layout layout() {
            return Layout.ofGrid(shape.gridRows(), shape.gridCols());
        }
    }

    private static boolean needed(Substitute substitute, ModelShape shape) {
        return switch (substitute) {
            case CLASS_ATTENTION -> !shape.hasCls();
            case QUESTION -> !shape.hasTextTower();
        };
    }
}
