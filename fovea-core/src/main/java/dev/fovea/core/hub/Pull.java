package dev.fovea.core.hub;

import dev.fovea.core.file.FolderLock;
import dev.fovea.core.file.OutputFile;
import dev.fovea.core.file.OutputFolder;
import dev.fovea.core.file.Reasons;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Fetches a model into the cache: in pieces, several at once, going on where an earlier pull stopped. A file appears in
 * the cache only when its content has the announced hash, a snapshot only when all its files are there.
 */
public final class Pull {
    private static final long PIECE = 16L << 20;
    private static final long SPARE = 64L << 20;
    private static final long LOOK_AGAIN_MILLIS = 100;

    private final HubCache cache;
    private final HubSettings settings;
    private final PullListener listener;
    private final long piece;

    public Pull(HubCache cache, HubSettings settings, PullListener listener) {
        this(cache, settings, listener, PIECE);
    }

    /** @param piece bytes that are fetched by one request */
    Pull(HubCache cache, HubSettings settings, PullListener listener, long piece) {
        this.piece = piece;
        this.cache = cache;
        this.settings = settings;
        this.listener = new OneAtATime(listener);
    }

    /**
     * Fetches what is missing.
     *
     * @return the folder with the model's files
     * @throws HubException in one sentence, if the model cannot be had; what is complete stays for the next pull
     */
    public Path fetch(HubName name, FileChoice choice) {
        try (HubClient client = new HubClient(settings)) {
            HubClient.Listing listing = Retry.of(settings, listener).call("list " + name, () -> client.list(name));
            List<RemoteFile> files = choice.of(name, listing.files());
            try (FolderLock ignored = alone(cache.lock(name))) {
                return fetch(client, name, listing.commit(), files);
            }
        } catch (IOException e) {
            throw new HubException(cache.folder(name) + " cannot be written: " + Reasons.of(e), e);
        }
    }

    /** One pull at a time fetches a model: another one waits and finds it all there. */
    private FolderLock alone(Path folder) throws IOException {
        Files.createDirectories(folder);
        boolean told = false;
        while (true) {
            try {
                return FolderLock.take(folder);
            } catch (FolderLock.HeldException e) {
                if (!told) {
                    listener.waiting();
                    told = true;
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_AGAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException("Fetching was interrupted before it began", e);
        }
    }

    private Path fetch(HubClient client, HubName name, String commit, List<RemoteFile> files) throws IOException {
        Path blobs = cache.blobs(name);
        Files.createDirectories(blobs);
        Map<String, RemoteFile> missing = new LinkedHashMap<>();
        for (RemoteFile file : files) {
            Path blob = blobs.resolve(file.hash());
            if (!Files.isRegularFile(blob) || Files.size(blob) != file.size()) {
                missing.put(file.hash(), file);
            } else {
                PartFile.forget(blob);
            }
        }
        List<Fetching> fetching = new ArrayList<>();
        try {
            for (RemoteFile file : missing.values()) {
                fetching.add(new Fetching(file, PartFile.open(blobs.resolve(file.hash()), file.size(), piece)));
            }
            checkSpace(blobs, fetching);
            long bytes = files.stream().mapToLong(RemoteFile::size).sum();
            listener.begins(files.size(), bytes, bytes - toCome(fetching));
            fetchAll(client, name, commit, fetching);
        } finally {
            for (Fetching one : fetching) {
                one.part.close();
            }
        }
        return snapshot(name, commit, files);
    }

    /** One file on its way. */
    private record Fetching(RemoteFile file, PartFile part) {
        long toCome() {
            return file.size() - part.present();
        }
    }

    private static long toCome(List<Fetching> fetching) {
        return fetching.stream().mapToLong(Fetching::toCome).sum();
    }

    private static void checkSpace(Path folder, List<Fetching> fetching) throws IOException {
        long need = toCome(fetching);
        long free = Files.getFileStore(folder).getUsableSpace();
        if (need > 0 && need + SPARE > free) {
            throw new HubException("There is no room for " + Sizes.text(need) + " in " + folder + " ("
                    + Sizes.text(free) + " are free); free some space, or put the cache elsewhere with HF_HOME");
        }
    }

    private void fetchAll(HubClient client, HubName name, String commit, List<Fetching> fetching) throws IOException {
        try (ExecutorService threads = Executors.newFixedThreadPool(
                        settings.connections(), Thread.ofVirtual().factory());
                StallWatch watch = new StallWatch(settings.patience().stall())) {
            List<Future<?>> running = new ArrayList<>();
            for (Fetching one : fetching) {
                Fetcher fetcher = new Fetcher(client, name, commit, one, watch);
                List<Integer> pieces = one.part.missing();
                if (pieces.isEmpty()) {
                    running.add(threads.submit(fetcher::finish));
                }
                fetcher.left(pieces.size());
                pieces.forEach(piece -> running.add(threads.submit(() -> fetcher.piece(piece))));
            }
            await(running, threads);
        }
    }

    /** The first failure ends all the others. */
    private static void await(List<Future<?>> running, ExecutorService threads) throws IOException {
        try {
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException e) {
            threads.shutdownNow();
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case null -> throw new IllegalStateException(e);
                default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
            throw new HubException("Fetching was interrupted; what is complete stays, and the next pull goes on", e);
        }
    }

    /** The pieces of one file; the last one to arrive checks the whole and puts it in its place. */
    private final class Fetcher {
        private final HubClient client;
        private final HubName name;
        private final String commit;
        private final Fetching file;
        private final StallWatch watch;
        private int left;

        Fetcher(HubClient client, HubName name, String commit, Fetching file, StallWatch watch) {
            this.client = client;
            this.name = name;
            this.commit = commit;
            this.file = file;
            this.watch = watch;
        }

        void left(int pieces) {
            left = pieces;
        }

        Void piece(int i) throws IOException {
            long end = file.part.end(i);
            long[] at = {file.part.start(i)};
            Retry.of(settings, listener).call("fetch " + file.file.path(), () -> {
                read(at, end);
                return at;
            });
            file.part.complete(i);
            synchronized (this) {
                left--;
                if (left > 0) {
                    return null;
                }
            }
            return finish();
        }

        /** Goes on from {@code at}, which a failure leaves where it got to. */
        private void read(long[] at, long end) throws IOException {
            byte[] buffer = new byte[1 << 16];
            try (InputStream body = client.open(name, commit, file.file, at[0], end);
                    StallWatch.Watched watched = watch.over(body)) {
                while (at[0] < end) {
                    int n = body.read(buffer, 0, (int) Math.min(buffer.length, end - at[0]));
                    if (n < 0) {
                        throw new HubClient.Transient("the connection was cut", java.time.Duration.ZERO);
                    }
                    file.part.write(ByteBuffer.wrap(buffer, 0, n), at[0]);
                    at[0] += n;
                    watched.read(n);
                    listener.fetched(n);
                }
            }
        }

        Void finish() throws IOException {
            Path blob = cache.blobs(name).resolve(file.file.hash());
            Path data = file.part.finish();
            String hash = Files.size(data) == file.file.size() ? ContentHash.of(data, file.file, n -> {}) : "";
            if (!hash.equals(file.file.hash())) {
                file.part.discard();
                listener.fetched(-file.file.size());
                throw new HubException(file.file.path() + " arrived with another content than the Hub announces (hash "
                        + file.file.hash().substring(0, 12)
                        + "…); it was thrown away: pull again, or set another HF_ENDPOINT");
            }
            Files.move(data, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            PartFile.forget(blob);
            return null;
        }
    }

    /** The snapshot's links, and the branch that means it; those of an earlier pull stay. */
    private Path snapshot(HubName name, String commit, List<RemoteFile> files) throws IOException {
        Path snapshot = cache.snapshot(name, commit);
        if (Files.isDirectory(snapshot)) {
            link(snapshot, name, files);
        } else {
            // Beside its place, in the same depth, for the links are relative: it appears with all of them.
            Path part = cache.unfinished(snapshot);
            OutputFolder.remove(part);
            link(part, name, files);
            Files.move(part, snapshot, StandardCopyOption.ATOMIC_MOVE);
        }
        if (!name.revision().equals(commit)) {
            OutputFile.write(cache.ref(name), part -> Files.writeString(part, commit));
        }
        return snapshot;
    }

    private void link(Path snapshot, HubName name, List<RemoteFile> files) throws IOException {
        for (RemoteFile file : files) {
            link(snapshot.resolve(file.path()), cache.blobs(name).resolve(file.hash()));
        }
    }

    private static void link(Path place, Path blob) throws IOException {
        if (Files.exists(place) && Files.isSameFile(place, blob)) {
            return;
        }
        Path folder = place.getParent();
        if (folder == null) {
            throw new IOException(place + " has no folder");
        }
        Files.createDirectories(folder);
        Files.deleteIfExists(place);
        try {
            Files.createSymbolicLink(place, folder.relativize(blob));
        } catch (UnsupportedOperationException | FileSystemException e) {
            // Where links need rights that few have (Windows), a second name or a copy serves as well.
            try {
                Files.createLink(place, blob);
            } catch (UnsupportedOperationException | FileSystemException again) {
                Files.copy(blob, place, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Makes calls from several threads come one at a time. */
    private static final class OneAtATime implements PullListener {
        private final PullListener listener;

        OneAtATime(PullListener listener) {
            this.listener = listener;
        }

        @Override
        public synchronized void waiting() {
            listener.waiting();
        }

        @Override
        public synchronized void begins(int files, long bytes, long present) {
            listener.begins(files, bytes, present);
        }

        @Override
        public synchronized void fetched(long bytes) {
            listener.fetched(bytes);
        }

        @Override
        public synchronized void retries(String why, long seconds) {
            listener.retries(why, seconds);
        }
    }
}
