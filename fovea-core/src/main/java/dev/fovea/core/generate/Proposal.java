package dev.fovea.core.generate;

import org.jspecify.annotations.Nullable;

/**
 * A token that a draft guesses.
 *
 * @param token its id
 * @param probabilities of all tokens, from which it was drawn: {@code [vocabulary]}; null where the likeliest was taken
 */
@SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
record Proposal(int token, double @Nullable [] probabilities) {}
