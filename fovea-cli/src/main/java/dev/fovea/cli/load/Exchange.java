package dev.fovea.cli.load;

import org.jspecify.annotations.Nullable;

/**
 * A request and its answer, as its client saw them.
 *
 * @param seconds from the first byte sent to the last received
 * @param first seconds until the first words of the answer arrived; those of the whole answer if it has none
 * @param tokens of the answer, as the server counts them
 * @param failure in a sentence, or null if there was an answer
 */
record Exchange(
        double seconds, double first, int tokens, @Nullable String failure) {}
