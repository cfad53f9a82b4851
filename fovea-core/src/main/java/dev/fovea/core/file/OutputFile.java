package dev.fovea.core.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that appear only when they are complete: written beside their place, then moved into it. */
public final class OutputFile {
    private OutputFile() {}

    /** Writes what a file shall hold. */
    @FunctionalInterface
    public interface Content {
        /** Writes to {@code file}, which does not exist yet. */
        void writeTo(Path file) throws IOException;
    }

    /**
     * Writes {@code target}, so that it is at all times the old file or the whole new one. Folders that are missing are
     * made.
     *
     * @throws IOException if it cannot be written; nothing is left behind. {@link #sentence} says why
     */
    public static void write(Path target, Content content) throws IOException {
        check(target);
        Path place = place(target);
        Path part = part(place);
        try {
            Files.createDirectories(folderOf(part));
            content.writeTo(part);
            moveIntoPlace(part, place);
        } finally {
            deleteQuietly(part);
        }
    }

    /**
     * Finds out what would keep {@link #write} from writing, by trying: a folder or a device in its place, a file where
     * a folder should be, no permission, a name that the file system does not take. For work that is too long to be lost
     * at its end. Leaves nothing behind.
     *
     * @throws IOException if something would
     */
    public static void check(Path target) throws IOException {
        Path place = place(target);
        if (Files.isDirectory(place)) {
            throw refusal(target, "it is a folder; name a file");
        }
        if (Files.exists(place)) {
            // Moving a file into the place of a device would replace the device.
            if (!Files.isRegularFile(place)) {
                throw refusal(target, "it is a device, not a file; name another one");
            }
            if (!Files.isWritable(place)) {
                throw new AccessDeniedException(target.toString());
            }
        }
        tryFolder(target, folderOf(place), String.valueOf(place.getFileName()));
    }

    /**
     * Finds out what would keep files from being written into a folder, which may be there or be made later.
     *
     * @throws IOException if something would
     */
    public static void checkFolder(Path target) throws IOException {
        tryFolder(target, target.toAbsolutePath(), "file");
    }

    /** Writes an empty file of that name, with marks before and behind it, and removes it. */
    private static void tryFolder(Path target, Path wanted, String name) throws IOException {
        Path folder = wanted;
        while (!Files.exists(folder)) {
            folder = folderOf(folder);
        }
        if (!Files.isDirectory(folder)) {
            throw refusal(target, folder + " is a file, not a folder");
        }
        Path part = part(folder.resolve(name));
        try {
            Files.createFile(part);
        } catch (AccessDeniedException e) {
            throw refusal(target, "permission is denied in the folder " + folder);
        } finally {
            deleteQuietly(part);
        }
    }

    private static Path part(Path place) {
        return place.resolveSibling("." + place.getFileName() + "."
                + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()) + ".part");
    }

    /** What a failed {@link #write} or {@link #check} means, as one sentence. */
    public static String sentence(Path target, IOException failure) {
        return target + " cannot be written: " + Reasons.of(failure);
    }

    /** Where the file really is: a link stays, and what it leads to is written. */
    private static Path place(Path target) throws IOException {
        Path absolute = target.toAbsolutePath();
        return Files.isSymbolicLink(absolute) && Files.exists(absolute) ? absolute.toRealPath() : absolute;
    }

    /** The folder of a path; that of a root is the root itself. */
    private static Path folderOf(Path absolute) {
        Path folder = absolute.getParent();
        return folder == null ? absolute : folder;
    }

    private static FileSystemException refusal(Path target, String reason) {
        return new FileSystemException(target.toString(), null, reason);
    }

    private static void moveIntoPlace(Path part, Path place) throws IOException {
        try {
            Files.move(part, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, place, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** After success there is nothing to delete; after a failure its own error is the one to report. */
    private static void deleteQuietly(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            part.toFile().deleteOnExit();
        }
    }
}
