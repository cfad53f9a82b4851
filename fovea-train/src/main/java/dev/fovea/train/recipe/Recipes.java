package dev.fovea.train.recipe;

import dev.fovea.train.nn.Precision;
import dev.fovea.train.optim.Optimizer;

/** What the stages of a recipe share. */
final class Recipes {
    /** Width of the space in which pictures and captions meet. */
    static final int SHARED_WIDTH = 128;

    /** Orthogonalised steps are this much longer than AdamW's: learning rates near 1e-3 and 2e-2. */
    private static final double MUON = 20;

    private Recipes() {}

    static Optimizer.Settings optimizer(Precision precision) {
        return new Optimizer.Settings(0.9, 0.98, 1e-8, 0.02, 1.0, MUON, precision);
    }
}
