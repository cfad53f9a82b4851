package dev.fovea.mcp;

/** How a transport comes to its end. */
interface Ending {
    /** Whether nothing more will come; waits at most this long. */
    boolean await(long millis) throws InterruptedException;

    /** Ends it. */
    void end();
}
