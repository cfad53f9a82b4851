package dev.fovea.core;

import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks the steps at the framing station how they have pictures cut, before a prompt is laid out for the parts: of how
 * many images a picture consists decides what stands for it in the prompt, and which plans its parts have.
 */
record Cutting(Planning planning, PathEngine engine, PictureProcessor processor) {

    /**
     * What became of the pictures of a question.
     *
     * @param pictures as its plans have them cut
     * @param plans those of the pictures, where they had to be made on the way; null otherwise
     */
    record Cut(List<Shown> pictures, Planning.@Nullable Plans plans) {}

    /**
     * Pictures as the plans of a question have them cut; those that they leave whole are whole again.
     *
     * @throws IllegalArgumentException with one sentence if pictures of this model cannot be cut
     */
    Cut cut(List<Shown> pictures, PlanRun.Question asked, AskOptions options) {
        List<Shown> whole =
                pictures.stream().map(one -> one.cut(null, processor)).toList();
        boolean planned = options.plan() != null || !options.techniques().isEmpty();
        if (!planned || whole.stream().noneMatch(Shown::isWhole)) {
            return new Cut(whole, null);
        }
        AskOptions fitting = fitting(options, whole);
        Planning.Plans plans = planning.of(fitting, Pictures.views(whole));
        List<Shown> cut = new ArrayList<>();
        boolean hold = fitting == options;
        int view = 0;
        for (int p = 0; p < whole.size(); p++) {
            Shown one = whole.get(p);
            Plan plan = plans.ofViews().get(view);
            boolean framed = one.isWhole() && Plans.frames(plan);
            Shown seen = framed ? pictures.get(p).cut(decided(one, p, plan, asked), processor) : one;
            cut.add(seen);
            hold &= seen == one;
            view += one.prepared().views().size();
        }
        return new Cut(cut, hold ? plans : null);
    }

    /** A count may be more than these pictures have as they are: cut, they will have more. */
    private AskOptions fitting(AskOptions options, List<Shown> whole) {
        int total = Pictures.views(whole).stream()
                .mapToInt(v -> Pictures.of(planning.shape(), v.size()).visualTokens())
                .sum();
        return options.budget() instanceof Budget.Count count && count.tokens() > total
                ? options.withTechniques(options.techniques(), Budget.full())
                : options;
    }

    private Decision.@Nullable Cut decided(Shown whole, int picture, Plan plan, PlanRun.Question asked) {
        try (Scope ignored = Scope.inference()) {
            PreparedImage view = whole.prepared().views().getFirst();
            PlanRun run = PlanRun.of(plan, asked, null);
            return engine.cut(new Pictures(processor).input(whole, view, picture, "", run));
        }
    }
}
