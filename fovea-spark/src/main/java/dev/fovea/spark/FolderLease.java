package dev.fovea.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Says that a run works on a folder: a file in it, written anew every few seconds as long as the run lives. File systems
 * of clusters have no locks that a killed process loses, so a file that has not been written for a while is taken for that
 * of a run which is gone; at once, if it was a process of this machine that is no more.
 */
final class FolderLease implements AutoCloseable {
    private static final String NAME = "_fovea.run";
    private static final Duration BEAT = Duration.ofSeconds(10);
    private static final Duration STALE = Duration.ofMinutes(2);

    private final FileSystem files;
    private final Path file;
    private final byte[] text;
    private final ScheduledExecutorService beat = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("fovea-lease").daemon().factory());

    private FolderLease(FileSystem files, Path file, byte[] text) {
        this.files = files;
        this.file = file;
        this.text = text;
    }

    /** @throws IllegalStateException with one sentence if another run has the folder */
    static FolderLease take(FileSystem files, Path folder) throws IOException {
        Path file = new Path(folder, NAME);
        FolderLease lease = new FolderLease(files, file, Owner.me().text().getBytes(StandardCharsets.UTF_8));
        if (!lease.create()) {
            Owner other = read(files, file);
            long age = System.currentTimeMillis() - files.getFileStatus(file).getModificationTime();
            if (!other.gone() && age < STALE.toMillis()) {
                throw new IllegalStateException("Another run works on " + folder + " (process " + other.process + " on "
                        + other.machine + "); wait until it has ended, or give another folder.");
            }
            files.delete(file, false);
            if (!lease.create()) {
                throw new IllegalStateException(
                        "Another run has just begun to work on " + folder + "; wait until it has ended.");
            }
        }
        var unused =
                lease.beat.scheduleAtFixedRate(lease::write, BEAT.toMillis(), BEAT.toMillis(), TimeUnit.MILLISECONDS);
        return lease;
    }

    private static Owner read(FileSystem files, Path file) throws IOException {
        try (InputStream in = files.open(file)) {
            return Owner.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** False if the file is there already. */
    private boolean create() throws IOException {
        try (OutputStream out = files.create(file, false)) {
            out.write(text);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            if (files.exists(file)) {
                return false;
            }
            throw e;
        }
    }

    private void write() {
        try (OutputStream out = files.create(file, true)) {
            out.write(text);
        } catch (IOException e) {
            // The next time, perhaps; a run that cannot write its mark cannot write its parts either, and says so then.
        }
    }

    @Override
    public void close() throws IOException {
        beat.shutdown();
        try {
            if (!beat.awaitTermination(1, TimeUnit.MINUTES)) {
                beat.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        files.delete(file, false);
    }

    /**
     * Whose run it is.
     *
     * @param begun when the process was started, which tells it from a later one of the same number
     * @param run tells runs of one process apart
     */
    private record Owner(String machine, String process, String begun, String run) {
        static Owner me() {
            ProcessHandle me = ProcessHandle.current();
            return new Owner(
                    host(),
                    String.valueOf(me.pid()),
                    begun(me),
                    UUID.randomUUID().toString());
        }

        static Owner of(String text) {
            String[] parts = text.strip().split(" ", -1);
            return parts.length == 4
                    ? new Owner(parts[0], parts[1], parts[2], parts[3])
                    : new Owner("another machine", "?", "?", "?");
        }

        String text() {
            return String.join(" ", machine, process, begun, run) + "\n";
        }

        /** Whether it was a process of this machine that has ended. */
        boolean gone() {
            if (!machine.equals(host()) || !process.matches("[0-9]{1,18}")) {
                return false;
            }
            return ProcessHandle.of(Long.parseLong(process))
                    .filter(ProcessHandle::isAlive)
                    .filter(alive -> begun(alive).equals(begun))
                    .isEmpty();
        }

        private static String begun(ProcessHandle process) {
            return process.info().startInstant().map(Instant::toString).orElse("unknown");
        }

        private static String host() {
            try {
                return InetAddress.getLocalHost().getHostName().replaceAll("\\s", "");
            } catch (UnknownHostException e) {
                return "localhost";
            }
        }
    }
}
