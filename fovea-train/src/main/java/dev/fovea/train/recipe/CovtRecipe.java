package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.ThoughtLosses;
import dev.fovea.train.objective.ThoughtObjective;
import dev.fovea.train.objective.ThoughtText.Form;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import dev.fovea.train.report.Figures;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * CoVT (arXiv 2511.19418, section 3.4): first the groups of a thought stand behind the picture and are to be understood;
 * then, in one training, they are to be written, answers are to follow them, and at last fewer of them are to do. The
 * stages are as long beside each other as the paper's: 4,000, 3,000, 3,000 and 5,000 steps.
 */
final class CovtRecipe implements TechniqueRecipe {
    /** Side of a cell of the truth in pixels. */
    private static final int CELL = 4;

    private static final int[] LENGTHS = {4, 3, 3, 5};
    private static final int ALL = 15;
    private static final double WARM_UP = 0.05;

    /** With the weight decay that is published. */
    private static final Optimizer.Settings SETTINGS =
            new Optimizer.Settings(0.9, 0.999, 1e-8, 0.1, 1, 0, Precision.F32);

    @Override
    public String id() {
        return "covt";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 900, 8, 2, 60, 5e-4, 48, 60);
    }

    @Override
    public List<String> tied() {
        return List.of("experts", "rank", "alpha", "encoder", "norm");
    }

    @Override
    public String data(TechniqueSize size) {
        return Learning.source(size.seen()) + ", with masks, depth and edges as the world tells them";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        ThoughtObjective objective = objective(learning);
        boolean thinks = !learning.knobs().is("thoughts", "off");
        boolean visual = learning.knobs().is("thoughts", "on");
        long all = learning.size().steps();
        long first = Math.max(1, all * LENGTHS[0] / ALL);
        long rest = Math.max(1, all - first);
        int batches = learning.size().batches();
        long until = Math.round(learning.knobs().number("until") * rest);
        Stage.Objective<AnswerBatch> comprehension =
                (batch, measure) -> objective.apply(batch, thinks ? Form.COMPREHENSION : Form.PLAIN, visual, measure);
        return List.of(
                stage(learning, id() + "-comprehension", first, comprehension, comprehension),
                stage(
                        learning,
                        id(),
                        rest,
                        (batch, measure) -> {
                            long step = batch.number() / batches;
                            return objective.apply(
                                    batch, thinks ? form(step, rest) : Form.PLAIN, visual && step < until, measure);
                        },
                        (batch, measure) -> heldOut(objective, batch, thinks, visual, measure)));
    }

    /** What stands behind pictures in a step behind the first stage, counted from 0. */
    static Form form(long step, long steps) {
        long generation = steps * LENGTHS[1] / (ALL - LENGTHS[0]);
        long reasoning = steps * (LENGTHS[1] + LENGTHS[2]) / (ALL - LENGTHS[0]);
        return step < generation ? Form.GENERATION : step < reasoning ? Form.REASONING : Form.EFFICIENT;
    }

    /** Answers behind whole thoughts and, beside them, how many are right without any. */
    private static Measured heldOut(
            ThoughtObjective objective, AnswerBatch batch, boolean thinks, boolean visual, boolean measure) {
        Measured plain = objective.apply(batch, Form.PLAIN, false, measure);
        if (!thinks) {
            return plain;
        }
        Measured thought = objective.apply(batch, Form.REASONING, visual, measure);
        Map<String, Share> shares = new HashMap<>(thought.accuracies());
        Share without = plain.accuracies().get(Figures.OVERALL);
        if (without != null) {
            shares.put("without_thought", without);
        }
        return new Measured(thought.loss(), shares, thought.costs());
    }

    private static Stage<AnswerBatch> stage(
            Learning learning,
            String name,
            long steps,
            Stage.Objective<AnswerBatch> objective,
            Stage.Objective<AnswerBatch> measured) {
        Schedule schedule = new Schedule(learning.size().rate(), Math.max(1, Math.round(WARM_UP * steps)), steps, 0.05);
        return learning.stage(
                        name,
                        e -> true,
                        schedule,
                        learning.questions().withMaps(CELL)::batch,
                        learning.heldOut().withMaps(CELL)::batch,
                        objective,
                        measured)
                .with(SETTINGS);
    }

    private static ThoughtObjective objective(Learning learning) {
        Knobs knobs = learning.knobs();
        ThoughtLosses losses = new ThoughtLosses(
                ThoughtLosses.Masks.valueOf(knobs.text("seg").toUpperCase(Locale.ROOT)), knobs.is("factors", "code"));
        return new ThoughtObjective(
                learning.base().plain(),
                run -> learning.base().with(run.additions()),
                learning.plan(Budget.full()),
                learning.technique().predictors(learning.shape(), knobs),
                learning.own(),
                new ThoughtObjective.Settings(
                        losses, knobs.number("gamma"), knobs.is("ce", "tokens"), knobs.is("text", "names")),
                text -> learning.base().encode(text),
                learning.base().tokenizer()::decode);
    }
}
