package dev.fovea.cli.load;

import org.jspecify.annotations.Nullable;

/**
 * A request and its answer, as its client saw them.
 *
 * @param seconds from the first byte sent to the last received
 * @param first seconds until the first words of the answer arrived; those of the whole answer if it has none
 * @param pause the longest seconds between two pieces of the answer; 0 if it has only one
 * @param prompt tokens of the prompt, as the server counts them
 * @param tokens of the answer, as the server counts them
 * @param failure in a sentence, or null if there was an answer
 */
record Exchange(
        double seconds,
        double first,
        double pause,
        int prompt,
        int tokens,
        @Nullable String failure) {

    static Exchange failed(double seconds, String why) {
        return new Exchange(seconds, 0, 0, 0, 0, why);
    }
}
