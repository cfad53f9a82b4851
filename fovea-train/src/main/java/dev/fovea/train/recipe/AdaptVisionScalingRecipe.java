package dev.fovea.train.recipe;

import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.tensor.Scope;
import dev.fovea.train.data.PageBatch;
import dev.fovea.train.data.PageSampler;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.objective.TilesObjective;
import dev.fovea.train.optim.Schedule;
import dev.fovea.world.Skill;
import java.util.List;
import java.util.function.Predicate;

/**
 * AdaptVision (arXiv 2408.16986): first the layer that merges, the tokens of places and the connector learn, at a high
 * rate, then all that there is to learn.
 */
final class AdaptVisionScalingRecipe implements TechniqueRecipe {
    private static final long SEEDS = 9_000_000_000L;
    private static final long HELD_OUT = 9_800_000_000L;

    /** What only a closer look tells. */
    private static final List<Skill> CLOSE = List.of(Skill.READING, Skill.READING, Skill.LOCATION, Skill.COUNT);

    /** The first of four parts of the steps, and how much higher its rate is. */
    private static final int FIRST = 4;

    private static final double FASTER = 2;

    @Override
    public String id() {
        return "adaptvision-scaling";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 280, 4, 2, 100, 3e-4, 48, 70);
    }

    @Override
    public List<String> tied() {
        return List.of("tiles", "merge", "places", "local", "rank");
    }

    @Override
    public String data(TechniqueSize size) {
        return Learning.source(size.seen(), SEEDS) + " on canvases of up to three sides by three";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        long first = Math.max(1, learning.size().steps() / FIRST);
        double rate = learning.size().rate();
        return List.of(
                stage(learning, id() + "-merge", e -> alone(e.name()), new Schedule(FASTER * rate, 5, first, 0.1)),
                stage(
                        learning,
                        id(),
                        e -> true,
                        new Schedule(rate, 10, Math.max(1, learning.size().steps() - first), 0.05)));
    }

    /** What the first stage trains: projector, merge layer and the new tokens. */
    private static boolean alone(String name) {
        return name.startsWith("merge.") || name.equals("places") || name.startsWith("connector.");
    }

    private static Stage<PageBatch> stage(
            Learning learning, String name, Predicate<Parameters.Entry> trainable, Schedule schedule) {
        TechniqueSize size = learning.size();
        TilesObjective objective = new TilesObjective(
                learning.base()::with,
                learning.plan(Budget.full()),
                learning.base().tokenizer()::decode);
        PageSampler.Settings settings = new PageSampler.Settings(size.pictures(), size.text(), CLOSE);
        return learning.stage(
                name,
                trainable,
                schedule,
                sampler(learning, settings, SEEDS)::batch,
                sampler(learning, settings.balanced(), HELD_OUT)::batch,
                objective::apply,
                objective::apply);
    }

    /** Pictures are cut as the plan says; that depends on no weights. */
    private static PageSampler sampler(Learning learning, PageSampler.Settings settings, long seeds) {
        PathEngine engine = new PathEngine(learning.base().plain());
        PlanRun run = PlanRun.of(
                learning.technique().blank(learning.shape(), Budget.full(), learning.knobs()),
                PlanRun.Question.none(),
                null);
        return new PageSampler(
                settings, learning.base().tokenizer(), picture -> prepared(learning, engine, run, picture), seeds);
    }

    private static PreparedPicture prepared(Learning learning, PathEngine engine, PlanRun run, RgbImage picture) {
        PreparedPicture whole = learning.base().pictures().preparePicture(picture);
        try (Scope ignored = Scope.inference()) {
            Decision.Cut cut = engine.cut(TilesObjective.input(whole.views().getFirst(), 0, run));
            return cut == null ? whole : learning.base().pictures().cut(picture, cut.rows(), cut.cols());
        }
    }
}
