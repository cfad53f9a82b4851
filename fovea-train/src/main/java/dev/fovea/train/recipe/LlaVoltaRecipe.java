package dev.fovea.train.recipe;

import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.technique.Techniques;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.objective.PlanObjective;
import dev.fovea.train.recipe.CompressionSchedule.Compression;
import dev.fovea.train.report.Curve;
import dev.fovea.train.report.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * LLaVolta (arXiv 2406.20092, section 4): one training, with one optimiser and one course of the learning rate, in which
 * the plan changes with the step. Another reducer may take the place of the paper's average pooling: it then has the
 * budget that pooling would leave.
 */
final class LlaVoltaRecipe implements TechniqueRecipe {
    @Override
    public String id() {
        return "llavolta";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 300, 8, 2, 100, 1e-4, 96, 75);
    }

    @Override
    public List<String> tied() {
        return List.of("rank", "scheme");
    }

    @Override
    public boolean takesReducer() {
        return true;
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        CompressionSchedule schedule = schedule(learning);
        List<PlanObjective> objectives = new ArrayList<>();
        for (Compression compression : schedule.stages()) {
            objectives.add(learning.answering(compressed(learning, compression)));
        }
        PlanObjective finished = learning.answering(learning.plan(Budget.full()));
        objectives.add(finished);
        int batches = learning.size().batches();
        return List.of(learning.stage(
                id(),
                (batch, measure) -> objectives
                        .get(schedule.at(batch.number() / batches + 1))
                        .apply(batch, measure),
                finished::apply));
    }

    private static CompressionSchedule schedule(Learning learning) {
        return CompressionSchedule.of(
                learning.knobs().text("scheme"), learning.size().steps());
    }

    /** The weights that move, under the compression of a stage. */
    private static Plan compressed(Learning learning, Compression compression) {
        if (learning.reducers().isEmpty()) {
            return learning.plan(Budget.full(), Map.of("k", compression.layer(), "s", String.valueOf(compression.s())));
        }
        Budget budget = Budget.share(compression.kept(learning.shape()));
        Plan reducer = Techniques.installed().plan(learning.reducers(), learning.shape(), budget, 1);
        PlanCheck.check(reducer, learning.shape());
        return Plans.compose(List.of(learning.plan(Budget.full(), Map.of("s", "1")), reducer));
    }

    /**
     * What training cost, stage by stage, and as a share of what as many steps without compression would have: visual
     * tokens over layers, and seconds where the last stage shows what a step without compression takes.
     */
    @Override
    public Map<String, Double> figures(Learning learning, List<Curve> curves) {
        CompressionSchedule schedule = schedule(learning);
        List<Long> lengths = schedule.lengths(learning.size().steps());
        double whole =
                (double) learning.shape().decoderLayers() * learning.shape().visualTokens();
        Map<String, Double> figures = new TreeMap<>();
        double tokens = 0;
        double seconds = 0;
        double last = Double.NaN;
        for (int stage = 0; stage < schedule.count(); stage++) {
            double share = mean(curves, schedule, stage, Figures.TOKEN_LAYERS) / whole;
            last = mean(curves, schedule, stage, Figures.SECONDS);
            figures.put("stage_" + (stage + 1) + "_visual_token_layers_share", share);
            figures.put("stage_" + (stage + 1) + "_" + Figures.SECONDS, last);
            tokens += share * lengths.get(stage) / learning.size().steps();
            seconds += last * lengths.get(stage);
        }
        figures.put("training_visual_token_layers_share", tokens);
        boolean uncompressed =
                figures.getOrDefault("stage_" + schedule.count() + "_visual_token_layers_share", 0.0) == 1;
        if (uncompressed) {
            figures.put(
                    "training_seconds_share", seconds / (last * learning.size().steps()));
        }
        figures.values().removeIf(value -> !Double.isFinite(value));
        return figures;
    }

    /** A figure's mean over the logged steps of a stage; NaN if none was logged. */
    private static double mean(List<Curve> curves, CompressionSchedule schedule, int stage, String figure) {
        return curves.stream()
                .flatMap(curve -> curve.steps().entrySet().stream())
                .filter(e -> schedule.at(e.getKey()) == stage && e.getValue().containsKey(figure))
                .mapToDouble(e -> e.getValue().getOrDefault(figure, Double.NaN))
                .average()
                .orElse(Double.NaN);
    }
}
