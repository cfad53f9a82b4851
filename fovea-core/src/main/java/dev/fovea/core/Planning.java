package dev.fovea.core;

import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.message.Printable;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the plans of a prompt. Views of one size share one. Where they differ, each has a plan of its own up to the
 * language model, for its grid and its part of the budget; from there on one plan holds for the whole prompt.
 *
 * @param shape of the model
 */
record Planning(Techniques techniques, ModelShape shape) {

    /**
     * Plans of one prompt.
     *
     * @param ofPrompt what happens in the language model, and to every view where they are alike
     * @param ofViews what happens to each view, in order
     */
    record Plans(Plan ofPrompt, List<Plan> ofViews) {}

    /** The plans that the options ask for, checked against the model. */
    Plans of(AskOptions options, List<PreparedImage> views) {
        Plan own = options.plan();
        refuseWithoutPictures(
                own == null ? options.techniques() : own.steps().isEmpty() ? List.of() : List.of(own.technique()));
        if (own != null) {
            PlanCheck.check(own, shape);
            return new Plans(own, Collections.nCopies(views.size(), own));
        }
        List<ModelShape> shapes =
                views.stream().map(v -> Pictures.of(shape, v.size())).toList();
        if (shapes.stream().distinct().count() <= 1) {
            ModelShape only = shapes.isEmpty() ? shape : shapes.getFirst();
            Plan plan = techniques.plan(options.techniques(), only, options.budget(), Math.max(1, views.size()));
            PlanCheck.check(plan, only);
            return new Plans(plan, Collections.nCopies(views.size(), plan));
        }
        return ofDifferent(options, shapes);
    }

    /** A model that reads text alone has no visual tokens to decide about. */
    void refuseWithoutPictures(List<String> asked) {
        if (!shape.hasVision() && !asked.isEmpty()) {
            throw new IllegalArgumentException("Technique '" + Printable.of(asked.getFirst())
                    + "' decides about visual tokens, but this model reads text alone; ask without a technique.");
        }
    }

    private Plans ofDifferent(AskOptions options, List<ModelShape> shapes) {
        List<Budget> budgets = budgets(options.budget(), shapes);
        int total = total(shapes);
        Budget whole = options.budget() instanceof Budget.Count c
                ? Budget.share((double) c.tokens() / total)
                : options.budget();
        Plan prompt = techniques.plan(options.techniques(), shapes.getFirst(), whole, 1);
        PlanCheck.check(prompt, shapes.getFirst());
        Map<List<Object>, Plan> known = new HashMap<>();
        List<Plan> plans = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            ModelShape own = shapes.get(i);
            Budget budget = budgets.get(i);
            plans.add(known.computeIfAbsent(
                    List.of(own, budget),
                    key -> joined(techniques.plan(options.techniques(), own, budget, 1), prompt)));
        }
        plans.forEach(plan -> PlanCheck.check(plan, shape));
        return new Plans(prompt, plans);
    }

    /** A view's steps before the language model, and the prompt's from there on, whose signals the view must give. */
    private static Plan joined(Plan view, Plan prompt) {
        List<Step> steps = new ArrayList<>();
        view.steps().stream().filter(s -> beforeLanguageModel(s.station())).forEach(steps::add);
        prompt.steps().stream().filter(s -> !beforeLanguageModel(s.station())).forEach(steps::add);
        return new Plan(view.technique(), steps, view.proportionalAttention());
    }

    static boolean beforeLanguageModel(Station station) {
        return station.order() < new Station.Embeddings().order();
    }

    private static int total(List<ModelShape> shapes) {
        return shapes.stream().mapToInt(ModelShape::visualTokens).sum();
    }

    /** A count in proportion to the tokens of each view: rounded down, what is left to the largest remainders. */
    private static List<Budget> budgets(Budget budget, List<ModelShape> shapes) {
        if (!(budget instanceof Budget.Count count)) {
            return Collections.nCopies(shapes.size(), budget);
        }
        int total = total(shapes);
        if (count.tokens() > total) {
            throw new IllegalArgumentException("A budget of " + count.tokens() + " is above the " + total
                    + " visual tokens of this prompt; give at most that, a percentage, or 'full'.");
        }
        if (count.tokens() < shapes.size()) {
            throw new IllegalArgumentException("A budget of " + count.tokens() + " cannot be divided over "
                    + shapes.size() + " images; give at least one token each.");
        }
        int[] parts = new int[shapes.size()];
        double[] left = new double[parts.length];
        int spent = 0;
        for (int i = 0; i < parts.length; i++) {
            double exact = (double) count.tokens() * shapes.get(i).visualTokens() / total;
            parts[i] = Math.max(1, (int) exact);
            left[i] = exact - parts[i];
            spent += parts[i];
        }
        for (; spent != count.tokens(); spent += Integer.signum(count.tokens() - spent)) {
            parts[next(parts, left, spent < count.tokens())] += Integer.signum(count.tokens() - spent);
        }
        List<Budget> out = new ArrayList<>();
        for (int part : parts) {
            out.add(Budget.count(part));
        }
        return out;
    }

    /** The part furthest below its due to be raised, or furthest above it to be lowered. */
    private static int next(int[] parts, double[] left, boolean raise) {
        int best = -1;
        for (int i = 0; i < parts.length; i++) {
            boolean allowed = raise || parts[i] > 1;
            if (allowed && (best < 0 || (raise ? left[i] > left[best] : left[i] < left[best]))) {
                best = i;
            }
        }
        left[best] += raise ? -1 : 1;
        return best;
    }
}
