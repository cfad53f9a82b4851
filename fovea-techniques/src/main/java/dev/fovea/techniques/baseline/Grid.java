package dev.fovea.techniques.baseline;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.UniformGrid;
import java.util.List;

/** A uniform grid of an image's tokens. */
public final class Grid implements Technique {
    private static final Card CARD = new Card(
            "grid",
            "Uniform spatial sampling",
            "",
            "Keeps a uniform grid of the visual tokens before the projector.",
            List.of("connector"),
            List.of(Knob.number(
                    "stride",
                    "auto",
                    1,
                    4096,
                    "Keep rows and columns 0, s, 2s, ...; auto places exactly as many points as the budget allows.")),
            false,
            List.of("Budget: tokens kept per image, exactly: the largest lattice that fits, then the cells farthest "
                    + "from it. An explicit stride replaces the budget."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        int stride = knobs.integer("stride", 0);
        if (stride == 1 || (stride == 0 && budget.isFull(shape.visualTokens()))) {
            return Plan.of(CARD.id());
        }
        return Plan.of(
                CARD.id(), new Step(new Station.Connector(), List.of(), s -> decide(s.layout(), budget, stride)));
    }

    private static Outcome decide(Layout layout, Budget budget, int stride) {
        Shapes.requireWholeGrid(layout, CARD.id());
        int[] cells = stride > 0
                ? UniformGrid.strided(layout.rows(), layout.cols(), stride)
                : UniformGrid.ofCount(layout.rows(), layout.cols(), budget.of(layout.total()));
        return Outcome.of(Decision.Keep.of(cells));
    }
}
