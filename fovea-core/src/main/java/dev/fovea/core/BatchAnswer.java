package dev.fovea.core;

/**
 * An answer out of a {@link ContinuousBatch}. Its timings are its own: the encoder's and the prefill's are those of its
 * prompt, and decoding takes as long as the user waited, with whatever else the batch did meanwhile.
 *
 * @param answer the answer
 * @param queueMs milliseconds until its prompt's turn came
 * @param firstTokenMs milliseconds until its first token was chosen, those in the queue included; 0 if there was none
 * @param cachedTokens tokens of the prompt that were still in the caches of an earlier one
 * @param cachedViews views of its pictures whose features were still there
 */
public record BatchAnswer(Answer answer, double queueMs, double firstTokenMs, int cachedTokens, int cachedViews) {}
