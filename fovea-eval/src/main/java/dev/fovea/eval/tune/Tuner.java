package dev.fovea.eval.tune;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Depth;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.KnobFile;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Values;
import dev.fovea.techniques.connector.VFlowObjective;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * VFlowOpt's search (arXiv 2508.05211, section F): the knobs under which the last prompt token's final state moves least
 * when tokens are pruned, summed over samples. Works for any technique whose knobs are numbers.
 */
public final class Tuner {
    /** Sources of the final state: a model, or in tests anything. */
    @FunctionalInterface
    public interface Model {
        /** {@code [width]}. */
        float[] finalState(RgbImage picture, Plan plan, String prompt);
    }

    /** A picture and a question of the calibration set. */
    public record Sample(RgbImage picture, String question) {}

    /**
     * How a search goes.
     *
     * @param evaluations points to try
     * @param initial of them, spread without looking at results
     * @param seed the same seed gives the same search
     */
    public record Settings(int evaluations, int initial, long seed) {
        public Settings {
            if (evaluations < 1 || initial < 1) {
                throw new IllegalArgumentException("A search needs at least one evaluation.");
            }
        }
    }

    /** Follows a search; false ends it with the best so far. */
    @FunctionalInterface
    public interface Progress {
        boolean at(int done, double best);
    }

    /**
     * What was found.
     *
     * @param knobs to be saved
     * @param objective sum of cosines, at most the number of samples
     * @param defaults the same with the technique's own knobs; NaN if they cannot be used
     * @param tried points evaluated
     */
    public record Found(KnobFile knobs, double objective, double defaults, int tried) {}

    private final Model model;
    private final ModelShape shape;
    private final Technique technique;
    private final Budget budget;
    private final List<Sample> samples;
    private final List<float[]> full = new ArrayList<>();

    public Tuner(Model model, ModelShape shape, Technique technique, Budget budget, List<Sample> samples) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("A search needs at least one sample.");
        }
        this.model = model;
        this.shape = shape;
        this.technique = technique;
        this.budget = budget;
        this.samples = List.copyOf(samples);
    }

    /** Runs the search. */
    public Found search(Settings settings, Progress progress) {
        List<BayesianSearch.Dimension> box = box();
        for (Sample sample : samples) {
            full.add(model.finalState(sample.picture(), Plan.plain(), sample.question()));
        }
        double defaults = value(Map.of());
        BayesianSearch search = new BayesianSearch(box, settings.initial(), settings.seed());
        int done = 0;
        while (done < settings.evaluations()) {
            double[] point = search.ask();
            search.tell(point, value(knobs(box, point)));
            if (!progress.at(++done, search.best().value())) {
                break;
            }
        }
        BayesianSearch.Try best = search.best();
        Map<String, String> knobs = knobs(box, best.point());
        return new Found(new KnobFile(technique.card().id(), knobs), best.value(), defaults, done);
    }

    /** Sum of cosines; NaN where the knobs do not meet the budget. */
    private double value(Map<String, String> knobs) {
        Plan plan;
        try {
            plan = technique.plan(shape, budget, Knobs.of(technique.card(), knobs));
        } catch (IllegalArgumentException e) {
            return Double.NaN;
        }
        List<float[]> pruned = new ArrayList<>();
        for (Sample sample : samples) {
            pruned.add(model.finalState(sample.picture(), plan, sample.question()));
        }
        return VFlowObjective.of(full, pruned);
    }

    /** The published box for VFlowOpt; for others every number and every layer. */
    private List<BayesianSearch.Dimension> box() {
        Card card = technique.card();
        if (card.id().equals("vflowopt")) {
            return VFlowObjective.box(budget.shareOf(shape.visualTokens()), shape.gridCols()).stream()
                    .map(r -> new BayesianSearch.Dimension(r.knob(), r.low(), r.high()))
                    .toList();
        }
        List<BayesianSearch.Dimension> box = new ArrayList<>();
        for (Knob knob : card.knobs()) {
            switch (knob.values()) {
                case Values.Numbers n -> box.add(new BayesianSearch.Dimension(knob.name(), n.min(), n.max()));
                case Depth d -> box.add(new BayesianSearch.Dimension(knob.name(), d.from(), d.last(shape)));
                case Values.Choice ignored -> {}
            }
        }
        if (box.isEmpty()) {
            throw new IllegalArgumentException(
                    "Technique '" + card.id() + "' has no knob that is a number; there is " + "nothing to search.");
        }
        return box;
    }

    private Map<String, String> knobs(List<BayesianSearch.Dimension> box, double[] point) {
        Map<String, String> knobs = new LinkedHashMap<>();
        for (int d = 0; d < box.size(); d++) {
            BayesianSearch.Dimension dimension = box.get(d);
            double value = isWhole(dimension.name())
                    ? Math.rint(point[d])
                    : Double.parseDouble(String.format(Locale.ROOT, "%.5f", point[d]));
            double inside = Math.clamp(value, dimension.low(), dimension.high());
            knobs.put(
                    dimension.name(),
                    isWhole(dimension.name()) ? Long.toString((long) inside) : Double.toString(inside));
        }
        return knobs;
    }

    private boolean isWhole(String name) {
        return technique.card().knobs().stream()
                .filter(k -> k.name().equals(name))
                .anyMatch(k -> k.values() instanceof Depth || (k.values() instanceof Values.Numbers n && n.whole()));
    }
}
