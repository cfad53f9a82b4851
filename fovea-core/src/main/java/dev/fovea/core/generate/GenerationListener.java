package dev.fovea.core.generate;

/** Follows an answer while it is generated, on the thread that generates it. */
public interface GenerationListener {

    /** A token was chosen; the text that it makes certain follows. */
    default void onToken(Generated.Token token) {}

    /** Text that is certain by now: whole characters, never part of a stop string. */
    default void onText(String text) {}

    /** Asked before every token; true ends the answer. */
    default boolean cancelled() {
        return false;
    }

    /** Does nothing. */
    static GenerationListener none() {
        return new GenerationListener() {};
    }
}
