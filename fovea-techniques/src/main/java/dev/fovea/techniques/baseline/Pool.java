package dev.fovea.techniques.baseline;

import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Pooling;
import dev.fovea.techniques.primitives.AveragePooling;
import java.util.List;

/**
 * Average pooling of the projected token grid: the nested scales of Matryoshka Multimodal Models (arXiv 2405.17430,
 * section 3), here without its training.
 */
public final class Pool implements Technique {
    private static final Card CARD = Card.of("""
            id        pool
            title     Matryoshka Multimodal Models (test-time pooling)
            arxiv     2405.17430
            summary   Averages square blocks of the projected token grid: Matryoshka's scales, with any model.
            stations  connector
            budget    A ceiling for the tokens per image; kernels 1, 2, 4, 8, 16 give 256, 64, 16, 4, 1 tokens on a 16 x
                      16 grid, kernels 1, 2, 3, 4, 6, 8, 12, 24 divide a 24 x 24 grid. An explicit kernel replaces the
                      budget.
            full      acts with kernel
            knob      kernel = auto, whole 1..4096: Side of a pooled block in tokens; auto follows the budget.
            knob      rule = fit | official: Smallest kernel dividing the grid whose tokens fit the budget, or
                      trunc(sqrt(tokens / budget)), which may exceed it.
            note      A border that fills no block is left out, as in the official pooling.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int kernel = kernel(shape.gridRows(), shape.gridCols(), budget, knobs);
        return kernel == 1 ? List.of() : List.of(Pooling.step(kernel, CARD.id()));
    }

    private static int kernel(int rows, int cols, Budget budget, Knobs knobs) {
        int tokens = budget.of(rows * cols);
        int derived = knobs.is("rule", "official")
                ? (int) Math.sqrt((double) rows * cols / tokens)
                : AveragePooling.fittingKernel(rows, cols, tokens);
        int kernel = knobs.integer("kernel", derived);
        if (kernel > Math.min(rows, cols)) {
            throw new IllegalArgumentException("Knob 'kernel' of technique 'pool' must be in 1.." + Math.min(rows, cols)
                    + " for this model's grid of " + rows + " x " + cols + " tokens, got " + kernel + ".");
        }
        return kernel;
    }
}
