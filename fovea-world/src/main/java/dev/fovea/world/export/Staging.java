package dev.fovea.world.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A folder beside the target in which a data set grows until it is complete. It is removed when it is closed before it
 * was published, and when the process is told to end.
 */
final class Staging implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Staging.class.getName());
    private static final int REMOVALS = 5;
    private static final String MARK = ".growing";

    private final Path target;
    private final Path folder;
    private final Thread onExit;

    private final FileChannel mark;

    private Staging(Path target, Path folder) throws IOException {
        this.target = target;
        this.folder = folder;
        this.mark = mark(folder);
        onExit = new Thread(this::remove, "remove unfinished data set");
        Runtime.getRuntime().addShutdownHook(onExit);
    }

    /** Checks that the target is free and makes the folder beside it. */
    static Staging open(Path wanted) {
        Path target = wanted.toAbsolutePath().normalize();
        Path parent = target.getParent();
        if (parent == null) {
            throw new ExportException("'" + wanted + "' is the root of the file system; name a folder inside it.");
        }
        try {
            if (Files.exists(target) && !Files.isDirectory(target)) {
                throw new ExportException("'" + wanted + "' is a file; name a folder that does not exist yet.");
            }
            if (Files.isDirectory(target) && !isEmpty(target)) {
                throw new ExportException(
                        "The folder '" + wanted + "' is not empty; name a new folder or empty this one.");
            }
            Files.createDirectories(parent);
            removeLeftovers(parent, prefix(target));
            String name = prefix(target) + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime());
            return new Staging(target, Files.createDirectory(parent.resolve(name)));
        } catch (FileAlreadyExistsException e) {
            throw new ExportException(
                    "'" + e.getFile() + "' is a file, so no folder can be made in it; name another folder.", e);
        } catch (IOException e) {
            throw new ExportException(
                    "No folder can be made in '" + parent + "' (" + reason(e) + "); name one where you may write.", e);
        }
    }

    private static String prefix(Path target) {
        return "." + target.getFileName() + ".partial-";
    }

    /** A file that is locked for as long as the data set grows. */
    private static FileChannel mark(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve(MARK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            channel.lock();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a file system without locks", e);
        }
        return channel;
    }

    /** Data sets of the same name that were cut off when their process was killed. */
    private static void removeLeftovers(Path parent, String prefix) throws IOException {
        List<Path> leftovers;
        try (Stream<Path> entries = Files.list(parent)) {
            leftovers = entries.filter(
                            entry -> String.valueOf(entry.getFileName()).startsWith(prefix))
                    .filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
        for (Path leftover : leftovers) {
            if (isAbandoned(leftover, prefix)) {
                remove(leftover);
            }
        }
    }

    /** Whether nobody holds the mark; without one, whether the process in the name is gone. */
    private static boolean isAbandoned(Path leftover, String prefix) {
        Path mark = leftover.resolve(MARK);
        if (Files.exists(mark)) {
            try (FileChannel channel = FileChannel.open(mark, StandardOpenOption.WRITE)) {
                return channel.tryLock() != null;
            } catch (IOException | OverlappingFileLockException e) {
                return false;
            }
        }
        String rest = String.valueOf(leftover.getFileName()).substring(prefix.length());
        return rest.matches("[0-9]{1,10}-[0-9a-f]+")
                && ProcessHandle.of(Long.parseLong(rest.substring(0, rest.indexOf('-'))))
                        .isEmpty();
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    Path folder() {
        return folder;
    }

    /** Moves the complete folder into place. */
    void publish() throws IOException {
        mark.close();
        Files.delete(folder.resolve(MARK));
        try {
            Files.deleteIfExists(target);
            Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            throw new ExportException(
                    "The folder '" + target + "' was filled by someone else meanwhile; name a new folder.", e);
        }
    }

    /** What went wrong, as one sentence. */
    ExportException failure(Exception cause) {
        String reason = reason(cause);
        boolean full = reason.toLowerCase(Locale.ROOT).contains("no space left");
        return new ExportException(
                full
                        ? "The disk that holds '" + target
                                + "' is full, and nothing was kept; free some space or name a"
                                + " folder on another disk."
                        : "Writing '" + target + "' failed (" + reason
                                + ") and nothing was kept; put that right or name" + " another folder.",
                cause);
    }

    private static String reason(Exception cause) {
        String message = cause.getMessage();
        String name = cause.getClass().getSimpleName();
        return message == null
                ? name
                : name + ": " + message.lines().findFirst().orElse("");
    }

    @Override
    public void close() {
        remove();
        try {
            mark.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "its lock goes with the process", e);
        }
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "the process is ending, which removes the same folder", e);
        }
    }

    /** Removes the folder if it is still there; again if a file was written meanwhile. */
    private void remove() {
        remove(folder);
    }

    private static void remove(Path folder) {
        for (int i = 0; i < REMOVALS && Files.exists(folder); i++) {
            try (Stream<Path> files = Files.walk(folder)) {
                List<Path> deepestFirst =
                        files.sorted(Comparator.reverseOrder()).toList();
                for (Path file : deepestFirst) {
                    Files.deleteIfExists(file);
                }
            } catch (IOException | UncheckedIOException e) {
                LOG.log(System.Logger.Level.DEBUG, "removing an unfinished data set", e);
            }
        }
    }
}
