package dev.fovea.eval.bench;

import dev.fovea.eval.EvalException;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that appear only when they are complete. */
public final class Outputs {
    private Outputs() {}

    /** Writes a file at the place it is given. */
    @FunctionalInterface
    public interface Writer {
        void write(Path file) throws IOException;
    }

    /**
     * Writes beside the target and moves into place.
     *
     * @throws EvalException if that fails; nothing is left behind
     */
    public static void write(Path target, Writer writer) {
        Path absolute = target.toAbsolutePath();
        Path part = absolute.resolveSibling(
                "." + absolute.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            Path folder = absolute.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            writer.write(part);
            try {
                Files.move(part, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(part, absolute, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw EvalException.output(
                    target + " cannot be written: " + e.getMessage() + "; choose another place or make room", e);
        } finally {
            try {
                Files.deleteIfExists(part);
            } catch (IOException e) {
                // What cannot be deleted either was never made or lies on a disk that just went away.
            }
        }
    }
}
