package dev.fovea.train.recipe;

import dev.fovea.core.learned.Predictor;
import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.objective.GuidanceObjective;
import dev.fovea.train.objective.RetentionObjective;
import dev.fovea.train.optim.Schedule;
import dev.fovea.train.report.Curve;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * CoViPAL (arXiv 2508.17243): its module first imitates the attention of a deeper layer, then learns from the answers of
 * the model, which stands still, with a quarter of the visual tokens retained more and more sharply.
 */
final class CoViPalRecipe implements TechniqueRecipe {
    private static final String GUIDANCE = "guidance";
    private static final String ANSWERS = "answers";

    private static final double RETAINED = 0.25;
    private static final double WEIGHT = 1;

    /** Temperature of the choice in the first and in the last step of the second stage. */
    private static final double SOFT = 1;

    private static final double SHARP = 0.1;

    @Override
    public String id() {
        return "covipal";
    }

    /** The size tells the length of the first stage; the second is half as long, at three tenths of its rate. */
    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 1600, 4, 1, 60, 1e-3, 24, 200);
    }

    @Override
    public List<String> tied() {
        return List.of("layer", "width", "blocks", "guide");
    }

    @Override
    public String data(TechniqueSize size) {
        return Learning.source(size.seen() + size.seen() / size.steps() * refinement(size)) + ", " + size.seen()
                + " of them for the attention of the guiding layer, the others at a quarter of their tokens";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        return List.of(guidance(learning), answers(learning));
    }

    private static long refinement(TechniqueSize size) {
        return Math.max(1, size.steps() / 2);
    }

    private static Stage<?> guidance(Learning learning) {
        Map<String, Predictor> predictors = learning.technique().predictors(learning.shape(), learning.knobs());
        GuidanceObjective objective = new GuidanceObjective(
                learning.base().plain(),
                learning.knobs().layer("guide", learning.shape()),
                Objects.requireNonNull(predictors.get("scores")),
                learning.own());
        TechniqueSize size = learning.size();
        Schedule schedule = new Schedule(size.rate(), size.steps() / 30, size.steps(), 0.05);
        return learning.stage(GUIDANCE, e -> true, schedule, objective::apply, objective::apply);
    }

    private static Stage<?> answers(Learning learning) {
        TechniqueSize size = learning.size();
        long steps = refinement(size);
        Budget budget = Budget.share(RETAINED);
        RetentionObjective objective = new RetentionObjective(
                learning.base().plain(), WEIGHT, learning.base().tokenizer()::decode);
        Schedule schedule = new Schedule(0.3 * size.rate(), steps / 30, steps, 0.05);
        return learning.stage(
                ANSWERS,
                e -> true,
                schedule,
                (batch, measure) -> {
                    String temperature = String.valueOf(temperature(batch.number() / size.batches(), steps));
                    return objective.apply(
                            batch, learning.plan(budget, Map.of("temperature", temperature)), RETAINED, measure);
                },
                (batch, measure) -> objective.apply(batch, learning.plan(budget), RETAINED, measure));
    }

    /** Falls from the first to the last step by the same factor each. */
    static double temperature(long step, long steps) {
        double done = steps < 2 ? 1 : Math.min(1, (double) step / (steps - 1));
        return SOFT * Math.pow(SHARP / SOFT, done);
    }

    /** What the first stage reached. */
    @Override
    public Map<String, Double> figures(Learning learning, List<Curve> curves) {
        Map<String, Double> figures = new TreeMap<>();
        for (Curve curve : curves) {
            if (curve.stage().equals(GUIDANCE)) {
                curve.heldOut().forEach((name, last) -> figures.put(GUIDANCE + "_" + name, last));
            }
        }
        return figures;
    }
}
