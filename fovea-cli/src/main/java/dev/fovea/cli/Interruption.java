package dev.fovea.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C. The first one asks the running command to stop where it is and to leave nothing half-written; the process
 * then ends with the code that shells expect (130). A command that does not come to an end in time is left behind.
 */
public final class Interruption {
    private static final int PATIENCE_SECONDS = 10;

    private final CountDownLatch done = new CountDownLatch(1);
    private volatile boolean requested;
    private volatile int patience = PATIENCE_SECONDS;

    /** Begins to listen, on behalf of the calling thread. */
    static Interruption install() {
        Interruption interruption = new Interruption();
        Thread command = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> interruption.stop(command), "interruption"));
        return interruption;
    }

    /** Whether the command should stop. */
    public boolean requested() {
        return requested;
    }

    /** The running command may need so many seconds to come to a good end. */
    void mayTake(int seconds) {
        patience = seconds;
    }

    /** Asks the running command to stop, as Ctrl-C does. */
    void request() {
        requested = true;
    }

    /** A conversation goes on after one of its answers was stopped. */
    void clear() {
        requested = false;
    }

    /** The command is over; a process that is ending need not wait for it. */
    void finished() {
        done.countDown();
    }

    /** Runs while the process ends: at once after a finished command, otherwise because of Ctrl-C. */
    private void stop(Thread command) {
        if (done.getCount() == 0) {
            return;
        }
        request();
        command.interrupt();
        try {
            if (!done.await(patience, TimeUnit.SECONDS)) {
                System.err.println("fovea: stopped before the work in progress could end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
