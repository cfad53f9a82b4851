package dev.fovea.core.file;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a folder for one run. The file {@code .lock} in it says who holds it; the operating system locks that file, so
 * that the lock of a process that died is free at once. Where the file system cannot lock, the process that the file
 * names is looked for instead. The file stays, empty: deleting it would let two processes lock two files of one name.
 */
public final class FolderLock implements AutoCloseable {
    private static final String NAME = ".lock";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    /** Beyond the text: on some systems what is locked cannot be read by others. */
    private static final long LOCKED = Long.MAX_VALUE - 1;

    /**
     * What this process holds, and since when. On POSIX systems a process loses its lock of a file when it closes the
     * file anywhere, so a folder of one's own must not be opened to be asked.
     */
    private static final Map<Path, List<String>> OWN = new ConcurrentHashMap<>();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** Somebody else holds the folder; the message is a sentence that says who, since when, and what to do. */
    public static final class HeldException extends IOException {
        private static final long serialVersionUID = 1L;

        private HeldException(String sentence) {
            super(sentence);
        }
    }

    /**
     * Takes a folder, which must be there.
     *
     * @throws HeldException if another process, or another run of this one, holds it
     * @throws IOException if the lock cannot be written
     */
    public static FolderLock take(Path folder) throws IOException {
        Path real = folder.toRealPath();
        List<String> self = self();
        List<String> other = OWN.putIfAbsent(real, self);
        if (other != null) {
            throw held(folder, other);
        }
        try {
            return new FolderLock(real, lock(folder, self));
        } catch (IOException | RuntimeException e) {
            OWN.remove(real);
            throw e;
        }
    }

    private static FileChannel lock(Path folder, List<String> self) throws IOException {
        Path file = folder.resolve(NAME);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (!mine(file, channel)) {
                throw held(folder, lines(file));
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((String.join("\n", self) + "\n").getBytes(StandardCharsets.UTF_8)), 0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static HeldException held(Path folder, List<String> lines) {
        String holder = lines.size() < 3
                ? "another process"
                : "process " + lines.get(0) + " on " + lines.get(1) + " since " + lines.get(2);
        return new HeldException(
                folder + " is in use by " + holder + "; wait until it has ended or choose another folder");
    }

    private static boolean mine(Path file, FileChannel channel) throws IOException {
        try {
            @Nullable FileLock lock = channel.tryLock(LOCKED, 1, false);
            return lock != null;
        } catch (IOException e) {
            return !alive(lines(file));
        }
    }

    /** Whether the process that a lock names may still run; of other machines nothing is known. */
    private static boolean alive(List<String> lines) {
        if (lines.size() < 2) {
            return false;
        }
        try {
            return !lines.get(1).equals(host())
                    || ProcessHandle.of(Long.parseLong(lines.getFirst()))
                            .map(ProcessHandle::isAlive)
                            .orElse(false);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static List<String> self() {
        String now = TIME.format(Instant.now().truncatedTo(ChronoUnit.SECONDS).atZone(ZoneId.systemDefault()));
        return List.of(Long.toString(ProcessHandle.current().pid()), host(), now);
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "this machine";
        }
    }

    /** Gives the folder back. */
    @Override
    public void close() {
        try (channel) {
            channel.truncate(0);
        } catch (IOException e) {
            // An interruption closes the channel, and with it the lock; the text that stays names nobody who is there.
            return;
        } finally {
            OWN.remove(folder);
        }
    }
}
