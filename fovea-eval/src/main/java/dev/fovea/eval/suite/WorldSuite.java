package dev.fovea.eval.suite;

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

    /** The first seed of an evaluation. */
    public static long first(long evaluation) {
        return FIRST_SEED + evaluation * SEEDS;
    }

    @Override
    public String name() {
        return "world";
    }

    @Override
    public String source() {
        return "world, seeds from " + first(evaluation) + ", balanced by skill";
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        BalancedWorld.forEach(evaluation, limit, (seed, usual) -> usual, visitor);
    }
}
