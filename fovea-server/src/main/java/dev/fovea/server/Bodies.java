package dev.fovea.server;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Reads the bodies of requests: never more than the limit, never longer than the time, and of all requests together no
 * more than a few times the limit at once.
 */
final class Bodies {
    private static final int AT_ONCE = 8;
    private static final int KIB = 1 << 10;

    /** What is read and thrown away of a body that is too long, so that its client gets to read why. */
    private static final long LINGER_BYTES = 256L << 20;

    private final Limits limits;
    private final Semaphore room;
    private final ScheduledExecutorService timer;

    Bodies(Limits limits, ScheduledExecutorService timer) {
        this.limits = limits;
        this.room = new Semaphore((int) Math.min(Integer.MAX_VALUE, (long) AT_ONCE * kib(limits.bodyBytes())));
        this.timer = timer;
    }

    private static int kib(long bytes) {
        return (int) ((bytes + KIB - 1) / KIB);
    }

    /** What is done with a body. */
    interface Use {
        void of(byte[] body) throws IOException;
    }

    /**
     * Reads a body and holds its room until it has been used.
     *
     * @throws ApiException if it is too long, too slow or cut off, or too many are being read
     */
    void read(HttpServletRequest request, Use use) throws IOException {
        long announced = request.getContentLengthLong();
        if (announced > limits.bodyBytes()) {
            throw tooLong();
        }
        int most = kib(announced < 0 ? limits.bodyBytes() : announced);
        int taken = most;
        if (!room.tryAcquire(most)) {
            throw ApiException.busy(
                    429, "too_many_bodies", "Too many large requests are arriving; send this one again.", 1);
        }
        try {
            byte[] body = inTime(request.getInputStream());
            taken = kib(body.length);
            room.release(most - taken);
            use.of(body);
        } finally {
            room.release(taken);
        }
    }

    private ApiException tooLong() {
        return ApiException.of(
                413,
                "body_too_large",
                "The request is longer than the " + limits.bodyBytes() + " bytes that are taken.");
    }

    private byte[] inTime(InputStream in) throws IOException {
        Thread reader = Thread.currentThread();
        boolean[] late = new boolean[1];
        Object lock = new Object();
        boolean[] done = new boolean[1];
        ScheduledFuture<?> alarm = timer.schedule(
                () -> {
                    synchronized (lock) {
                        if (!done[0]) {
                            late[0] = true;
                            reader.interrupt();
                        }
                    }
                },
                limits.bodyTime().toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            byte[] body = in.readNBytes(limits.bodyBytes() + 1);
            if (body.length > limits.bodyBytes()) {
                throw tooLong();
            }
            return body;
        } catch (IOException e) {
            if (late[0]) {
                throw ApiException.of(
                        408,
                        "body_too_slow",
                        "The request did not arrive within " + limits.bodyTime().toSeconds() + " seconds.");
            }
            // Whoever sends no more may still be reading.
            throw ApiException.of(
                    400, "body_cut_off", "The request ended before all of the body that it announced had arrived.");
        } finally {
            synchronized (lock) {
                done[0] = true;
            }
            alarm.cancel(false);
            if (late[0]) {
                Thread.interrupted();
            }
        }
    }

    /** Reads and throws away what its client is still sending, within bounds, so that it can read the answer. */
    void linger(HttpServletRequest request) {
        long end = System.nanoTime() + limits.bodyTime().toNanos();
        try {
            InputStream in = request.getInputStream();
            byte[] waste = new byte[1 << 16];
            long all = 0;
            int read = 0;
            while (read >= 0 && all < LINGER_BYTES && System.nanoTime() - end < 0) {
                read = in.read(waste);
                all += Math.max(0, read);
            }
        } catch (IOException e) {
            // Whoever has gone needs no answer.
        }
    }
}
