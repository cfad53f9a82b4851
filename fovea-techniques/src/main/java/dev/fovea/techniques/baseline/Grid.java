package dev.fovea.techniques.baseline;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.UniformGrid;
import java.util.List;

/** A uniform grid of an image's tokens. */
public final class Grid implements Technique {
    private static final Card CARD = Card.of("""
            id        grid
            title     Uniform spatial sampling
            summary   Keeps a uniform grid of the visual tokens before the projector.
            stations  connector
            budget    Tokens kept per image, exactly: the largest lattice that fits, then the cells farthest from it. An
                      explicit stride replaces the budget.
            full      acts with stride
            knob      stride = auto, whole 1..4096: Keep rows and columns 0, s, 2s, ...; auto places exactly as many
                      points as the budget allows.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int stride = knobs.integer("stride", 0);
        if (stride == 1) {
            return List.of();
        }
        return List.of(new Step(new Station.Connector(), List.of(), s -> {
            Layout layout = s.layout();
            Shapes.requireWholeGrid(layout, CARD.id());
            int[] cells = stride > 0
                    ? UniformGrid.strided(layout.rows(), layout.cols(), stride)
                    : UniformGrid.ofCount(layout.rows(), layout.cols(), budget.of(layout.total()));
            return Outcome.of(Decision.Keep.of(cells));
        }));
    }
}
