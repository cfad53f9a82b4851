package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Stage;
import java.util.List;

/**
 * VLoRA (arXiv 2405.20339, section 4.1): generators of weights learn together with what is added to the language model for
 * all pictures. No visual token is read, so that a step is short and can look at many pictures.
 */
final class VloraRecipe implements TechniqueRecipe {
    @Override
    public String id() {
        return "vlora";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 2000, 8, 2, 150, 2e-3, 48, 100);
    }

    @Override
    public List<String> tied() {
        return List.of("kinds", "rank", "alpha", "step", "width", "blocks", "heads", "placeholder", "llm-rank");
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        return List.of(learning.stage(id(), learning.answering(learning.plan(Budget.full()))::apply));
    }
}
