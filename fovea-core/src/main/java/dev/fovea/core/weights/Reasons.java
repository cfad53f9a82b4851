package dev.fovea.core.weights;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Says in words why a file operation failed; the JDK often says no more than the file's name. */
final class Reasons {
    private Reasons() {}

    static String of(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (e instanceof AccessDeniedException) {
            return "permission is denied";
        }
        if (e instanceof FileSystemException fs && fs.getReason() != null) {
            return inWords(fs.getReason());
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : inWords(e.getMessage());
    }

    private static String inWords(String reason) {
        String lower = reason.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left") || lower.contains("not enough space")) {
            return "the disk is full; free some space and try again";
        }
        if (lower.contains("is a directory")) {
            return "it is a folder";
        }
        return reason;
    }

    /** The failure to write {@code target}, as one sentence. */
    static CheckpointException cannotWrite(Path target, IOException e) {
        return new CheckpointException(target + " cannot be written: " + of(e), e);
    }
}
