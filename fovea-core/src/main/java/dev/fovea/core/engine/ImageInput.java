package dev.fovea.core.engine;

import org.bytedeco.pytorch.Tensor;

/**
 * A picture on its way into the encoder.
 *
 * @param pixels normalised, {@code [channels, height, width]}
 * @param raw the same before normalisation, f32 0-255, {@code [channels, height, width]}
 * @param name put before recorded names, for example {@code image0.}
 * @param run the plan
 */
record ImageInput(Tensor pixels, Tensor raw, String name, PlanRun run) {}
