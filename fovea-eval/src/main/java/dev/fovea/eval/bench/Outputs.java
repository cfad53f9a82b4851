package dev.fovea.eval.bench;

import dev.fovea.core.file.FolderLock;
import dev.fovea.core.file.OutputFile;
import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.file.Files;
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
     * Takes a folder for this process, making it where it is missing.
     *
     * @throws EvalException if another process holds it, or it cannot be written
     */
    public static FolderLock lock(Path folder) {
        try {
            Files.createDirectories(folder);
            return FolderLock.take(folder);
        } catch (FolderLock.HeldException e) {
            throw EvalException.output(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw EvalException.output(OutputFile.sentence(folder, e), e);
        }
    }

    /**
     * Refuses, before work that is too long to be lost at its end, a folder into which nothing could be written.
     *
     * @throws EvalException if nothing could
     */
    public static void checkFolder(Path folder) {
        try {
            OutputFile.checkFolder(folder);
        } catch (IOException e) {
            throw EvalException.output(OutputFile.sentence(folder, e), e);
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
