package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.objective.PlanObjective;
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
    public String data(TechniqueSize size) {
        return "questions of fovea-world about " + size.seen() + " pictures from seeds above 6,000,000,000";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        PlanObjective objective = new PlanObjective(
                learning.base().plain(),
                run -> learning.base().with(run.additions()),
                learning.plan(Budget.full()),
                learning.base().tokenizer()::decode);
        return List.of(learning.stage(id(), objective::apply));
    }
}
