package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Stage;
import java.util.List;

/**
 * LLaVA-Mini (arXiv 2501.03895, section 5.1, second stage): queries, the layers in which words read the picture, and what
 * is added to connector and language model learn together, from answers alone. Its first stage, which makes a projector,
 * is behind a finished model. Questions packed behind a picture are fused each as if alone, and no answer with them.
 */
final class LlavaMiniRecipe implements TechniqueRecipe {
    @Override
    public String id() {
        return "llava-mini";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 600, 8, 2, 150, 5e-4, 48, 100);
    }

    @Override
    public List<String> tied() {
        return List.of("c", "layers", "compress", "vision", "heads", "theta", "rank");
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        if (learning.knobs().integer("cut") > 1) {
            throw new IllegalArgumentException("The recipe 'llava-mini' shows pictures as they are; leave"
                    + " 'llava-mini:cut' out, and say it where the weights are used.");
        }
        return List.of(learning.stage(id(), learning.answering(learning.plan(Budget.full()))::apply));
    }
}
