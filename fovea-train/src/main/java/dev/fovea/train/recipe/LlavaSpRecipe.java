package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Stage;
import java.util.List;

/**
 * LLaVA-SP (arXiv 2507.00505, section 4.1): the convolutions that make spatial tokens learn together with what is added to
 * connector and language model, from questions about pictures behind the encoder, which stands still.
 */
final class LlavaSpRecipe implements TechniqueRecipe {
    @Override
    public String id() {
        return "llava-sp";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 250, 8, 2, 150, 5e-4, 48, 50);
    }

    @Override
    public List<String> tied() {
        return List.of("maps", "detail", "step", "channels", "rank");
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        return List.of(learning.stage(id(), learning.answering(learning.plan(Budget.full()))::apply));
    }
}
