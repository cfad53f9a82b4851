package dev.fovea.eval.suite;

import dev.fovea.eval.suite.metric.Chair;
import dev.fovea.world.Captions;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.util.List;
import java.util.Map;

/**
 * Captions of pictures of the world that no model was trained on, held against what is there: CHAIR. One caption to a
 * picture; of the seeds of an evaluation those from its second half on, so that no other suite shows the same pictures.
 *
 * @param evaluation number of the evaluation, from 0
 */
public record WorldChair(long evaluation) implements Suite {
    /** What is asked of every picture: a wording that every model knows, and peek was trained on. */
    public static final String PROMPT = "Describe the picture.";

    private static final long FIRST = WorldSuite.SEEDS / 2;
    private static final int MOST = WorldSuite.SEEDS / 4;
    private static final int MAX_TOKENS = 160;
    private static final Chair CHAIR = new Chair();

    public WorldChair {
        BalancedWorld.check(evaluation);
    }

    @Override
    public String name() {
        return "world-chair";
    }

    @Override
    public String source() {
        return "world, captions of pictures of seeds from " + first() + ", asked \"" + PROMPT + "\"";
    }

    private long first() {
        return WorldSuite.first(evaluation) + FIRST;
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        BalancedWorld.checkLimit(limit, MOST);
        for (int i = 0; i < limit; i++) {
            if (!visitor.visit(item(first() + i))) {
                return;
            }
        }
    }

    private static Item item(long seed) {
        Scene scene = Scenes.generate(seed, SceneOptions.defaults());
        return new Item(
                Long.toString(seed),
                PictureSource.of(seed, Renderer.render(scene, Renderer.DEFAULT_SIZE)),
                PROMPT,
                MAX_TOKENS,
                scene.objects().size() + " objects",
                "",
                Captions.named(scene),
                Grader.of(caption -> grade(scene, caption)));
    }

    /** A caption is right if it invents nothing. */
    private static Grader.Grade grade(Scene scene, String caption) {
        Map<String, Double> facts = Chair.count(scene, caption);
        double invented = facts.getOrDefault("invented", 0.0);
        return new Grader.Grade(Chair.understood(scene, caption), invented > 0 ? 0 : 1, facts);
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        return CHAIR.of(scored);
    }

    @Override
    public Summed summed() {
        return CHAIR;
    }
}
