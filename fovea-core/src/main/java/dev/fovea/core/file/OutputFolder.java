package dev.fovea.core.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Writes a folder that appears as a whole or not at all: beside its place first, then moved there. */
public final class OutputFolder {
    private OutputFolder() {}

    /** Fills a folder. */
    @FunctionalInterface
    public interface Filling {
        /** Bytes of what was written; less than 0 to give up. */
        long into(Path folder) throws IOException;
    }

    /**
     * Writes a folder.
     *
     * @param target a folder that is not there yet
     * @return what filling said; if less than 0, there is no folder
     * @throws IOException if it cannot be written; nothing is left behind
     */
    public static long write(Path target, Filling filling) throws IOException {
        Path parent = target.toAbsolutePath().normalize().getParent();
        if (parent == null) {
            throw new IOException("it is the root of the file system");
        }
        Files.createDirectories(parent);
        Path part = Files.createTempDirectory(parent, ".part");
        try {
            long bytes = filling.into(part);
            if (bytes >= 0) {
                Files.move(part, target);
            }
            return bytes;
        } finally {
            remove(part);
        }
    }

    /** Removes a folder that was not finished, if it is there, as far as that can be done. */
    public static void remove(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException ignored) {
            // What made writing fail is the error worth telling.
        }
    }
}
