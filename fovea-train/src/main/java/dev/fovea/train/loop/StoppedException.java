package dev.fovea.train.loop;

import java.io.Serial;

/** Training was asked to stop and did, with everything saved: the same recipe goes on from there. */
public final class StoppedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String stage;
    private final long step;
    private final long steps;

    StoppedException(String stage, long step, long steps) {
        super("Stopped in stage '" + stage + "' after step " + step + " of " + steps
                + "; started again, training goes on from there.");
        this.stage = stage;
        this.step = step;
        this.steps = steps;
    }

    /** The stage that was under way. */
    public String stage() {
        return stage;
    }

    /** Steps that it has done, and saved. */
    public long step() {
        return step;
    }

    /** Steps that it is to do in all. */
    public long steps() {
        return steps;
    }
}
