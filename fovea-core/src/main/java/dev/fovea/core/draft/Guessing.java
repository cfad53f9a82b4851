package dev.fovea.core.draft;

import java.util.function.ToIntFunction;

/** A draft that follows one answer. Holds native memory until it is closed; used by one thread at a time. */
public interface Guessing extends AutoCloseable {

    /**
     * Takes in what the model has read since the last call: at first the prompt, then the guesses that were right.
     *
     * @param more never guesses that were wrong
     * @param next the token that follows the last of them, which has been chosen and not read
     */
    void read(Reading more, int next);

    /**
     * Guesses the tokens behind the one that was chosen last.
     *
     * @param most how many at most, at least 1
     * @param choose takes what the head expects at a place, {@code [vocabulary]}, and says which token the guess is
     * @return at most so many tokens, as they were chosen
     */
    int[] guess(int most, ToIntFunction<float[]> choose);

    /** Frees what it holds. */
    @Override
    void close();
}
