package dev.fovea.train.recipe;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.learned.DraftTechnique;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.DraftObjective;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import java.util.List;
import java.util.function.LongFunction;

/**
 * FLASH (arXiv 2505.12728, section 5.1 and the official code): the draft learns the final states of the model on what the
 * model itself answers, while the model stands still. Every step has pictures with questions and pictures that are to be
 * described. All pictures are new, so that nothing is dropped out.
 */
final class FlashRecipe implements TechniqueRecipe {
    private static final double WARM_UP = 0.03;

    /** Share of the steps in which slots are told the right words only, as the paper's 4 of 40 epochs. */
    private static final double TOLD = 0.1;

    /** Share of the slots that go by their own guesses in the end. */
    private static final double OWN = 0.2;

    /** Short answers have little to guess: as many of a picture are enough. */
    private static final int QUESTIONS = 4;

    /** With the published decay; the code bounds single gradients, here their norm is bounded. */
    private static final Optimizer.Settings SETTINGS =
            new Optimizer.Settings(0.9, 0.95, 1e-8, 0.05, 0.5, 0, Precision.F32);

    @Override
    public String id() {
        return "flash";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 900, 4, 2, 150, 1.5e-3, 32, 100);
    }

    @Override
    public List<String> tied() {
        return List.of("k", "c", "heads", "refine", "before");
    }

    @Override
    public String data(TechniqueSize size) {
        return "the model's own answers to " + Learning.source(size.seen()) + ", half of them to be described";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        TechniqueSize size = learning.size();
        DraftObjective objective = new DraftObjective(learning.base().plain(), draft(learning), QUESTIONS, size.text());
        Schedule schedule =
                new Schedule(size.rate(), Math.max(1, Math.round(WARM_UP * size.steps())), size.steps(), 0.02);
        return List.of(learning.stage(
                        id(),
                        e -> true,
                        schedule,
                        inTurns(learning.described(), learning.questions()),
                        inTurns(learning.heldOutDescribed(), learning.heldOut()),
                        (batch, measure) -> objective.apply(batch, own(batch.number(), size.steps()), true, measure),
                        (batch, measure) -> objective.apply(batch, 0, false, measure))
                .with(SETTINGS));
    }

    private static Draft draft(Learning learning) {
        if (learning.technique() instanceof DraftTechnique technique) {
            return technique.draft(learning.shape(), learning.knobs(), learning.own());
        }
        throw new TrainingException("The technique 'flash' on the class path is no draft");
    }

    /** A batch of the one, then a batch of the other. */
    private static LongFunction<AnswerBatch> inTurns(AnswerSampler first, AnswerSampler second) {
        return number -> (number % 2 == 0 ? first : second).batch(number / 2);
    }

    /** How likely a slot goes by its own guess in a step, counted from 0. */
    static double own(long step, long steps) {
        double told = TOLD * steps;
        return step < told ? 0 : Math.min(OWN, OWN * (step - told) / Math.max(1, steps - told));
    }
}
