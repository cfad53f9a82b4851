package dev.fovea.core.path;

/** The declared signals of one step for one sample, with the little that every step may know without declaring it. */
public interface Signals {

    /**
     * The value of a declared signal.
     *
     * @throws IllegalArgumentException if the step did not declare it
     */
    <T> T get(Signal<T> signal);

    /** Where the tokens are now. */
    Layout layout();
}
