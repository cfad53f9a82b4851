package dev.fovea.train.loop;

import java.util.Map;

/** Hears how training goes; the command line draws it. */
public interface Progress {

    /** A stage starts at step {@code first} of {@code steps}. */
    void begin(String stage, long first, long steps);

    /** Figures of a step: {@code loss}, {@code samples_per_second}, accuracies, {@code held_out_...}. */
    void step(long step, long steps, Map<String, Double> metrics);

    /** A stage is done. */
    void end(String stage);

    /** Plain lines on standard error: for logs and pipes. */
    static Progress lines() {
        return new LineProgress(System.err);
    }
}
