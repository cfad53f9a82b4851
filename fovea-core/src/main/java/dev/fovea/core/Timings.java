package dev.fovea.core;

/**
 * What an answer cost, in milliseconds of wall time. Answers of one batch share their passes, so each carries the
 * times of the whole batch.
 *
 * @param encoderMs pictures through the encoder; 0 where a conversation still had their features
 * @param prefillMs connector and prompt, up to the first token's logits
 * @param decodeMs all further tokens
 */
public record Timings(double encoderMs, double prefillMs, double decodeMs) {}
