package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.objective.ScalesObjective.Scale;
import java.util.ArrayList;
import java.util.List;

/**
 * Matryoshka Multimodal Models (arXiv 2405.17430, section 3): every picture with its questions is shown at all nested
 * scales, and the mean of their losses is lowered.
 */
final class MatryoshkaRecipe implements TechniqueRecipe {
    @Override
    public String id() {
        return "matryoshka";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 180, 8, 2, 150, 5e-4, 48, 30);
    }

    @Override
    public List<String> tied() {
        return List.of("rank");
    }

    @Override
    public String data(TechniqueSize size) {
        return Learning.source(size.seen()) + ", each at every scale";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        return List.of(learning.stage(id(), learning.answering(scales(learning))::apply));
    }

    /** One plan for each nested scale: kernels 1, 2, 4, 8, 16 on 16 x 16 tokens. */
    private static List<Scale> scales(Learning learning) {
        List<Scale> scales = new ArrayList<>();
        for (int tokens = learning.shape().visualTokens(); tokens >= 1; tokens /= 4) {
            scales.add(new Scale("tokens_" + tokens, learning.plan(Budget.count(tokens))));
        }
        return scales;
    }
}
