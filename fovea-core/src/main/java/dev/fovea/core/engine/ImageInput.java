package dev.fovea.core.engine;

import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * An image on its way into the encoder: a picture, or one of its tiles or frames.
 *
 * @param pixels normalised, {@code [channels * frames, height, width]}
 * @param picture index of its picture in the prompt
 * @param part what of the picture it shows
 * @param raw the same before normalisation, f32 0-255, {@code [channels, height, width]}; called only if a step
 *     declared {@link dev.fovea.core.path.Signal.PatchPixels}
 * @param name put before recorded names, for example {@code image0.}
 * @param run the plan
 * @param source the picture it was prepared from
 * @param seen which visual tokens it becomes, or null where they are all that it is made of
 * @param uncut what the model would see in its place if no step had its picture cut; null where none had
 */
public record ImageInput(
        Tensor pixels,
        int picture,
        Part part,
        Supplier<Tensor> raw,
        String name,
        PlanRun run,
        Source source,
        @Nullable Seen seen,
        @Nullable Uncut uncut) {

    /** An image all of which becomes visual tokens. */
    public ImageInput(
            Tensor pixels, int picture, Part part, Supplier<Tensor> raw, String name, PlanRun run, Source source) {
        this(pixels, picture, part, raw, name, run, source, null, null);
    }

    /** Where a picture comes from, for steps at the framing station. */
    public interface Source {
        /** Pixels in a row of the picture as it was given, upright. */
        int width();

        /** Rows of the picture as it was given, upright. */
        int height();

        /** The same part of the picture, prepared at another size. */
        Pixels at(int width, int height);
    }

    /**
     * The size of an image that a step's tiles stand in the place of.
     *
     * @param width pixels in a row, 0 where there would be none
     * @param height rows
     */
    public record Uncut(int width, int height) {}

    /** A prepared picture, as in {@link ImageInput}. */
    public record Pixels(Tensor pixels, Supplier<Tensor> raw) {}

    /** The only image of the first picture, of which nothing but the prepared pixels is known. */
    public ImageInput(Tensor pixels, Supplier<Tensor> raw, String name, PlanRun run) {
        this(pixels, 0, new Part.Whole(), raw, name, run, new PixelSource(pixels, raw));
    }

    ImageInput with(Pixels other) {
        return new ImageInput(other.pixels, picture, part, other.raw, name, run, source, seen, uncut);
    }
}
