package dev.fovea.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Says on a terminal what is being waited for, and for how long already, once it has taken two seconds. For work whose
 * end cannot be foreseen; where it can, see {@link ProgressLine}.
 */
final class Waiting implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 2;
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final Terminal terminal;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread ticker;

    private Waiting(Terminal terminal, String what) {
        this.terminal = terminal;
        this.ticker = Thread.ofPlatform().daemon().name("waiting").unstarted(() -> tick(what));
    }

    /** Begins to wait, for example for "the answer". */
    static Waiting on(Terminal terminal, String what) {
        Waiting waiting = new Waiting(terminal, what);
        if (terminal.errIsTerminal()) {
            waiting.ticker.start();
        }
        return waiting;
    }

    private void tick(String what) {
        try {
            boolean shown = false;
            for (int second = PATIENCE_SECONDS; !over.await(shown ? 1 : PATIENCE_SECONDS, TimeUnit.SECONDS); second++) {
                shown = true;
                terminal.err().print(CLEAR_LINE + what + " " + second + " s");
                terminal.err().flush();
            }
            if (shown) {
                terminal.err().print(CLEAR_LINE);
                terminal.err().flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** It is there: the line is gone when this returns. */
    @Override
    public void close() {
        over.countDown();
        if (ticker.isAlive()) {
            try {
                ticker.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
