package dev.fovea.train.recipe;

import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.objective.PlanObjective;
import dev.fovea.train.objective.ScalesObjective;
import dev.fovea.train.objective.ScalesObjective.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * VoCo-LLaMA (arXiv 2406.12275, section 3.2): answers under the mask, by ordinary instruction tuning. The paper trains one
 * model for each count of compression tokens; here every batch has a count drawn anew, and one set of weights serves all.
 */
final class VocoLlamaRecipe implements TechniqueRecipe {
    @Override
    public String id() {
        return "voco-llama";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 600, 8, 2, 150, 5e-4, 48, 100);
    }

    @Override
    public List<String> tied() {
        return List.of("rank", "n", "most", "mask");
    }

    @Override
    public String data(TechniqueSize size) {
        return Learning.source(size.seen()) + ", each with a drawn count of compression tokens";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        List<Scale> counts = counts(learning);
        List<PlanObjective> each =
                counts.stream().map(count -> learning.answering(count.plan())).toList();
        ScalesObjective all = learning.answering(counts);
        return List.of(learning.stage(
                id(),
                (batch, measure) -> each.get(drawn(batch.number(), each.size())).apply(batch, measure),
                all::apply));
    }

    /** Which count a batch has; the same whenever training comes to it. */
    private static int drawn(long batch, int counts) {
        return new SplittableRandom(batch).nextInt(counts);
    }

    /** One plan for each count: 1, 2, 4 and so on up to the largest, or the one that was asked for. */
    private static List<Scale> counts(Learning learning) {
        if (!learning.knobs().isAuto("n")) {
            int n = learning.knobs().integer("n");
            return List.of(new Scale("tokens_" + n, learning.plan(Budget.count(1))));
        }
        List<Scale> counts = new ArrayList<>();
        for (int n = 1;
                n <= learning.knobs().integer("most") && n < learning.shape().visualTokens();
                n *= 2) {
            counts.add(new Scale("tokens_" + n, learning.plan(Budget.count(n))));
        }
        return counts;
    }
}
