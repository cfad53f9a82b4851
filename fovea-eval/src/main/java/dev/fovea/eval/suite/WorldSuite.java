package dev.fovea.eval.suite;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Questions about pictures of the world that no model was trained on, as many of each skill. Training draws its scenes
 * from seeds far below {@link #FIRST_SEED}; evaluation number {@code e} takes its own million above it.
 *
 * @param evaluation number of the evaluation, from 0
 */
public record WorldSuite(long evaluation) implements Suite {
    /** The first seed that training leaves alone. */
    public static final long FIRST_SEED = 10_000_000_000L;

    /** Seeds of one evaluation, and thereby the most questions it can have. */
    public static final int SEEDS = 1_000_000;

    public WorldSuite {
        BalancedWorld.check(evaluation);
    }

    @Override
    public String name() {
        return "world";
    }

    @Override
    public String source() {
        return "world, seeds from " + (FIRST_SEED + evaluation * SEEDS) + ", balanced by skill";
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        BalancedWorld.forEach(evaluation, limit, (seed, usual) -> usual, visitor);
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        Map<String, Double> out = new LinkedHashMap<>();
        out.put("accuracy", Suite.mean(scored));
        return out;
    }
}
