package dev.fovea.core.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Closes connections that bring next to nothing, so that they are opened anew: a read that waits for ever cannot be ended
 * otherwise.
 */
final class StallWatch implements AutoCloseable {
    private static final long LEAST_BYTES_A_SECOND = 1_000;

    private final Duration window;
    private final Set<Watched> all = ConcurrentHashMap.newKeySet();
    private final Thread thread;

    StallWatch(Duration window) {
        this.window = window;
        this.thread = Thread.ofVirtual().name("stall-watch").start(this::watch);
    }

    /** A connection under watch. */
    final class Watched implements AutoCloseable {
        private final InputStream stream;
        private final AtomicLong bytes = new AtomicLong();
        private long seen;

        Watched(InputStream stream) {
            this.stream = stream;
        }

        void read(int n) {
            bytes.addAndGet(n);
        }

        private void check() {
            long now = bytes.get();
            if (now - seen < LEAST_BYTES_A_SECOND * Math.max(1, window.toSeconds())) {
                try {
                    stream.close();
                } catch (IOException e) {
                    // It is given up either way.
                }
            }
            seen = now;
        }

        @Override
        public void close() {
            all.remove(this);
        }
    }

    Watched over(InputStream stream) {
        Watched watched = new Watched(stream);
        all.add(watched);
        return watched;
    }

    private void watch() {
        try {
            while (true) {
                // A connection is judged over a whole window: one that began within it is left for the next.
                Set<Watched> before = Set.copyOf(all);
                before.forEach(w -> w.seen = w.bytes.get());
                Thread.sleep(window);
                before.stream().filter(all::contains).forEach(Watched::check);
            }
        } catch (InterruptedException e) {
            // The pull is over.
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
