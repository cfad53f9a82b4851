package dev.fovea.core.file;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says in words why a file operation failed; the JDK often says no more than the file's name. */
public final class Reasons {
    private Reasons() {}

    /** The reason, in words that go on after "cannot be read: " or "cannot be written: ". */
    public static String of(IOException failure) {
        IOException e = failure;
        // Libraries wrap what the system said in a sentence of their own.
        while (e.getCause() instanceof IOException cause) {
            e = cause;
        }
        return switch (e) {
            case NoSuchFileException ignored -> "it does not exist";
            case AccessDeniedException ignored -> "permission is denied";
            case FileAlreadyExistsException taken -> taken.getFile() + " is a file, not a folder";
            case FileSystemException other -> inWords(other.getReason(), other);
            case FileNotFoundException other -> inWords(inBrackets(String.valueOf(other.getMessage())), other);
            default -> inWords(e.getMessage(), e);
        };
    }

    /** Older parts of the JDK say "name (reason)". */
    private static String inBrackets(String message) {
        int open = message.lastIndexOf('(');
        return open >= 0 && message.endsWith(")") ? message.substring(open + 1, message.length() - 1) : message;
    }

    private static String inWords(@Nullable String reason, IOException failure) {
        if (reason == null) {
            return failure.getClass().getSimpleName();
        }
        String lower = reason.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left") || lower.contains("not enough space")) {
            return "the disk is full; free some space and try again";
        }
        if (lower.contains("is a directory")) {
            return "it is a folder";
        }
        if (lower.equals("permission denied") || lower.equals("access is denied")) {
            return "permission is denied";
        }
        return reason;
    }
}
