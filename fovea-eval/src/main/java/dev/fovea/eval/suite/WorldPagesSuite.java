package dev.fovea.eval.suite;

import dev.fovea.world.Canvas;
import java.util.SplittableRandom;

/**
 * Questions about large pictures of the world, as many of each skill: canvases of one to three sides of the usual one,
 * three quarters of them larger than it, on which objects and letters are as large as ever and therefore small beside the
 * whole. What a model that sees every picture at one size loses, and one that looks closer keeps.
 *
 * @param evaluation number of the evaluation, from 0; its scenes are of the same seeds as those of {@link WorldSuite}
 */
public record WorldPagesSuite(long evaluation) implements Suite {
    public WorldPagesSuite {
        BalancedWorld.check(evaluation);
    }

    @Override
    public String name() {
        return "world-pages";
    }

    @Override
    public String source() {
        return "world on canvases of 1 to 3 sides, seeds from " + WorldSuite.first(evaluation) + ", balanced by skill";
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        BalancedWorld.forEach(
                evaluation,
                limit,
                (seed, usual) -> usual.withCanvas(Canvas.drawn(new SplittableRandom(seed))),
                visitor);
    }
}
