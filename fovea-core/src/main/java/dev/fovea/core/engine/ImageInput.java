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
 * @param source the picture it was prepared from
 */
public record ImageInput(Tensor pixels, Supplier<Tensor> raw, String name, PlanRun run, Source source) {

    /** Where a picture comes from, for steps at the framing station. */
    public interface Source {
        /** Pixels in a row of the picture as it was given, upright. */
        int width();

        /** Rows of the picture as it was given, upright. */
        int height();

        /** The same part of the picture, prepared at another size. */
        Pixels at(int width, int height);
    }

    /** A prepared picture, as in {@link ImageInput}. */
    public record Pixels(Tensor pixels, Supplier<Tensor> raw) {}

    /** A picture of which nothing but the prepared pixels is known. */
    public ImageInput(Tensor pixels, Supplier<Tensor> raw, String name, PlanRun run) {
        this(pixels, raw, name, run, new PixelSource(pixels, raw));
    }

    ImageInput with(Pixels other) {
        return new ImageInput(other.pixels, other.raw, name, run, source);
    }
}
