package dev.fovea.eval.bench;

import dev.fovea.core.file.OutputFile;
import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.file.Path;

/** Files that appear only when they are complete. */
public final class Outputs {
    private Outputs() {}

    /**
     * Writes beside the target and moves into place.
     *
     * @throws EvalException if that fails; nothing is left behind
     */
    public static void write(Path target, OutputFile.Content content) {
        try {
            OutputFile.write(target, content);
        } catch (IOException e) {
            throw EvalException.output(OutputFile.sentence(target, e), e);
        }
    }

    /**
     * Refuses, before work that is too long to be lost at its end, a place that could not be written.
     *
     * @throws EvalException if it could not
     */
    public static void check(Path target) {
        try {
            OutputFile.check(target);
        } catch (IOException e) {
            throw EvalException.output(OutputFile.sentence(target, e), e);
        }
    }
}
