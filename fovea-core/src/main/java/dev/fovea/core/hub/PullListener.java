package dev.fovea.core.hub;

/** Hears how a pull goes on; calls come from several threads, one at a time. */
public interface PullListener {
    /** Nobody listens. */
    PullListener SILENT = new PullListener() {};

    /** Another process fetches the same model, and this one waits for it. */
    default void waiting() {}

    /** What will be fetched: so many files and bytes, of which some bytes are here already. */
    default void begins(int files, long bytes, long present) {}

    /** Further bytes are here; negative where a file turned out to be damaged and is fetched anew. */
    default void fetched(long bytes) {}

    /** A failure is waited out. */
    default void retries(String why, long seconds) {}
}
