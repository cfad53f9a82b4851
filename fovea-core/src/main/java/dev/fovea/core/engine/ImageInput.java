package dev.fovea.core.engine;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * A picture on its way into the encoder.
 *
 * @param pixels normalised, {@code [channels, height, width]}
 * @param raw the same before normalisation, f32 0-255, {@code [channels, height, width]}; called only if a step
 *     declared {@link dev.fovea.core.path.Signal.PatchPixels}
 * @param name put before recorded names, for example {@code image0.}
 * @param run the plan
 */
public record ImageInput(Tensor pixels, Supplier<Tensor> raw, String name, PlanRun run) {}
