package dev.fovea.train.loop;

import java.io.PrintStream;
import java.util.Map;

/** Hears how training goes, and shows it. */
public interface Progress {

    /** A stage goes on from {@code first} of its {@code steps}. */
    void begin(String stage, long first, long steps);

    /** So many steps of the stage are done. */
    void step(long step);

    /**
     * Figures of a step.
     *
     * @param figures {@code loss}, {@code samples_per_second}, accuracies from 0 to 1, {@code held_out_...}
     */
    void figures(long step, Map<String, Double> figures);

    /** The stage is done, or stops here before its end. */
    void end(long step);

    /** Something worth a line of its own. */
    void note(String text);

    /** Plain lines, for logs and pipes. */
    static Progress lines(PrintStream out) {
        return new LineProgress(out);
    }

    /**
     * A bar that redraws itself, for terminals.
     *
     * @param out the terminal
     * @param width its columns
     * @param colours whether it may be coloured
     */
    static Progress bar(PrintStream out, int width, boolean colours) {
        return new BarProgress(out, width, colours);
    }
}
