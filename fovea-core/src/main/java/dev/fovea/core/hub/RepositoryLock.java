package dev.fovea.core.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** One pull at a time into a repository's folder; the system gives the lock back when its process ends in any way. */
final class RepositoryLock implements AutoCloseable {
    private static final long PAUSE = 100;

    private final FileChannel channel;

    private RepositoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock, waiting for whoever holds it.
     *
     * @param waiting called once if somebody does
     */
    static RepositoryLock take(Path folder, Runnable waiting) throws IOException {
        Files.createDirectories(folder);
        FileChannel channel =
                FileChannel.open(folder.resolve("fovea.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (attempt(channel) == null) {
                waiting.run();
                while (attempt(channel) == null) {
                    Thread.sleep(PAUSE);
                }
            }
            return new RepositoryLock(channel);
        } catch (InterruptedException e) {
            channel.close();
            Thread.currentThread().interrupt();
            throw new HubException("Fetching was interrupted before it began", e);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock attempt(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Another thread of this process holds it.
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
