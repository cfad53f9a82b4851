package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.objective.PlanObjective;
import dev.fovea.train.optim.Schedule;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Predicate;

/**
 * VLoRA (arXiv 2405.20339, section 4.1). First the generators of weights alone learn to describe pictures in full; then
 * they learn to answer, together with what is added to the language model for all pictures. No visual token is read, so
 * that a step is short and can look at many pictures.
 */
final class VloraRecipe implements TechniqueRecipe {
    private static final String CAPTIONS = "captions";

    @Override
    public String id() {
        return "vlora";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 1200, 8, 2, 150, 2e-3, 48, 100);
    }

    @Override
    public List<String> tied() {
        return List.of("kinds", "rank", "alpha", "step", "width", "blocks", "heads", "placeholder", "llm-rank");
    }

    @Override
    public String data(TechniqueSize size) {
        return Learning.source(size.seen()) + ", the first two thirds of them with full captions";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        TechniqueSize size = learning.size();
        long first = Math.max(1, size.steps() * 2 / 3);
        PlanObjective objective = learning.answering(learning.plan(Budget.full()));
        AnswerSampler described = learning.captions();
        AnswerSampler asked = learning.questions();
        long seen = first * size.batches();
        return List.of(
                stage(learning, CAPTIONS, e -> !e.name().startsWith("text."), first, described::batch, objective),
                stage(
                        learning,
                        id(),
                        e -> true,
                        Math.max(1, size.steps() - first),
                        number -> asked.batch(seen + number),
                        objective));
    }

    private static Stage<AnswerBatch> stage(
            Learning learning,
            String name,
            Predicate<Parameters.Entry> trainable,
            long steps,
            LongFunction<AnswerBatch> batches,
            PlanObjective objective) {
        Schedule schedule = new Schedule(learning.size().rate(), 20, steps, 0.05);
        LongFunction<AnswerBatch> heldOut = learning.heldOut()::batch;
        return learning.stage(name, trainable, schedule, batches, heldOut, objective::apply, objective::apply);
    }
}
