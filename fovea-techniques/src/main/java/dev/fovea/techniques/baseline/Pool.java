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
import dev.fovea.techniques.primitives.AveragePooling;
import dev.fovea.techniques.primitives.MergeBuilder;
import java.util.List;

/**
 * Average pooling of the projected token grid: the nested scales of Matryoshka Multimodal Models (arXiv 2405.17430,
 * section 3), here without its training.
 */
public final class Pool implements Technique {
    private static final Card CARD = new Card(
            "pool",
            "Matryoshka Multimodal Models (test-time pooling)",
            "2405.17430",
            "Averages square blocks of the projected token grid: Matryoshka's scales, with any model.",
            List.of("connector"),
            List.of(
                    Knob.number(
                            "kernel", "auto", 1, 4096, "Side of a pooled block in tokens; auto follows the budget."),
                    Knob.choice(
                            "rule",
                            "fit",
                            List.of("fit", "official"),
                            "fit: smallest kernel dividing the grid whose tokens fit the budget; official: "
                                    + "trunc(sqrt(tokens / budget)), which may exceed it.")),
            false,
            List.of(
                    "Budget: a ceiling for the tokens per image; kernels 1, 2, 4, 8, 16 give 256, 64, 16, 4, 1 tokens "
                            + "on a 16 x 16 grid, kernels 1, 2, 3, 4, 6, 8, 12, 24 divide a 24 x 24 grid. An explicit "
                            + "kernel replaces the budget.",
                    "A border that fills no block is left out, as in the official pooling."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        int rows = shape.gridRows();
        int cols = shape.gridCols();
        int tokens = budget.of(rows * cols);
        int derived = knobs.text("rule").equals("official")
                ? (int) Math.sqrt((double) rows * cols / tokens)
                : fittingKernel(rows, cols, tokens);
        int kernel = knobs.integer("kernel", derived);
        if (kernel > Math.min(rows, cols)) {
            throw new IllegalArgumentException("Knob 'kernel' of technique 'pool' must be in 1.." + Math.min(rows, cols)
                    + " for this model's grid of " + rows + " x " + cols + " tokens, got " + kernel + ".");
        }
        if (kernel == 1) {
            return Plan.of(CARD.id());
        }
        return Plan.of(CARD.id(), new Step(new Station.Projector(), List.of(), s -> decide(s.layout(), kernel)));
    }

    /** The smallest kernel that divides both sides and leaves at most {@code tokens}; the largest divisor if none. */
    static int fittingKernel(int rows, int cols, int tokens) {
        int kernel = 1;
        for (int k = 1; k <= Math.min(rows, cols); k++) {
            if (rows % k == 0 && cols % k == 0) {
                kernel = k;
                if (rows / k * (cols / k) <= tokens) {
                    break;
                }
            }
        }
        return kernel;
    }

    private static Outcome decide(Layout layout, int kernel) {
        Shapes.requireWholeGrid(layout, CARD.id());
        MergeBuilder merge = new MergeBuilder();
        for (int[] block : AveragePooling.blocks(layout.rows(), layout.cols(), kernel)) {
            merge.mean(block[0], block);
        }
        return Outcome.of(merge.build(Decision.Positions.ORIGINAL));
    }
}
