package dev.fovea.eval.suite;

import dev.fovea.world.Canvas;
import dev.fovea.world.SceneOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Questions about large pictures of the world, as many of each skill: canvases of one to three sides of the usual one,
 * three quarters of them larger than it, on which objects and letters are as large as ever and therefore small beside the
 * whole. What a model that sees every picture at one size loses, and one that looks closer keeps.
 *
 * @param evaluation number of the evaluation, from 0; its scenes are of the same seeds as those of {@link WorldSuite}
 */
public record WorldPagesSuite(long evaluation) implements Suite {
    private static final double USUAL = 0.25;
    private static final double LONGEST = 3;

    public WorldPagesSuite {
        BalancedWorld.check(evaluation);
    }

    @Override
    public String name() {
        return "world-pages";
    }

    @Override
    public String source() {
        return "world on canvases of 1 to 3 sides, seeds from "
                + (WorldSuite.FIRST_SEED + evaluation * WorldSuite.SEEDS) + ", balanced by skill";
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        BalancedWorld.forEach(evaluation, limit, WorldPagesSuite::scenery, visitor);
    }

    private static SceneOptions scenery(long seed, SceneOptions usual) {
        SplittableRandom random = new SplittableRandom(seed);
        return random.nextDouble() < USUAL
                ? usual
                : usual.withCanvas(new Canvas(random.nextDouble(1, LONGEST), random.nextDouble(1, LONGEST)));
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        Map<String, Double> out = new LinkedHashMap<>();
        out.put("accuracy", Suite.mean(scored));
        return out;
    }
}
