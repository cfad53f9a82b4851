package dev.fovea.core.engine;

import dev.fovea.core.layer.PatchEmbedding;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The station before the encoder: takes a picture through the framing steps of its plan.
 *
 * @param tokenPixels side of the square of pixels that a visual token stands for
 * @param side patches along each side of it
 */
record Framing(int tokenPixels, int side) {
    private static final Station STATION = new Station.Framing();

    /** Tokens along a side: beyond that positions would not fit any model. */
    private static final int MOST = 1024;

    /**
     * A picture as it enters the encoder.
     *
     * @param unframed the grid that it would have had
     * @param decided the decisions about its size
     */
    record Framed(ImageInput input, Ledger.Grid unframed, List<Decided> decided) {}

    Framed of(ImageInput given) {
        ImageInput.Uncut uncut = given.uncut();
        Ledger.Grid unframed = uncut == null ? grid(given) : grid(given, uncut.width(), uncut.height());
        List<Decided> decided = new ArrayList<>();
        ImageInput input = given;
        List<Step> steps = given.run().book().at(STATION);
        for (int i = 0; i < steps.size(); i++) {
            ImageInput now = input;
            Ledger.Grid grid = grid(now);
            Outcome outcome = now.run()
                    .runner()
                    .run(steps.get(i), now.name(), i, Layout.ofGrid(grid), signal -> signal(now, signal));
            decided.add(new Decided(STATION, IntStream.range(0, grid.tokens()).toArray(), outcome));
            if (outcome.decision() instanceof Decision.Cut) {
                throw new IllegalArgumentException("Technique '"
                        + given.run().book().plan().technique() + "' cuts pictures into tiles, which "
                        + (given.part() instanceof Part.Whole
                                ? "must be done before a prompt is laid out; here pictures are seen as they are."
                                : "are not cut again: it met " + given.part().label() + "."));
            }
            input = resized(now, outcome.decision());
        }
        return new Framed(input, unframed, decided);
    }

    private ImageInput resized(ImageInput input, Decision decision) {
        if (!(decision instanceof Decision.Resize resize)) {
            return input;
        }
        check(resize);
        return input.with(input.source().at(resize.cols() * tokenPixels, resize.rows() * tokenPixels));
    }

    /** How the steps of its plan have a picture cut, or null where they leave it whole. */
    Decision.@Nullable Cut cut(ImageInput given) {
        ImageInput input = given;
        List<Step> steps = given.run().book().at(STATION);
        for (int i = 0; i < steps.size(); i++) {
            ImageInput now = input;
            Decision decision = now.run()
                    .runner()
                    .run(steps.get(i), now.name(), i, Layout.ofGrid(grid(now)), signal -> signal(now, signal))
                    .decision();
            if (decision instanceof Decision.Cut cut) {
                return cut;
            }
            input = resized(now, decision);
        }
        return null;
    }

    Ledger.Grid grid(ImageInput input) {
        Tensor pixels = input.pixels();
        Seen seen = input.seen();
        return seen == null
                ? grid(input, (int) pixels.size(2), (int) pixels.size(1))
                : new Ledger.Grid(seen.rows(), seen.cols(), input.picture(), input.part(), side);
    }

    /** Of so many pixels. */
    private Ledger.Grid grid(ImageInput input, int width, int height) {
        return new Ledger.Grid(height / tokenPixels, width / tokenPixels, input.picture(), input.part(), side);
    }

    private static void check(Decision.Resize resize) {
        if (Math.min(resize.rows(), resize.cols()) < 1 || Math.max(resize.rows(), resize.cols()) > MOST) {
            throw new IllegalArgumentException("A step at the framing station asked for a grid of " + resize.rows()
                    + " x " + resize.cols() + " tokens; both sides must be in 1.." + MOST + ".");
        }
    }

    private Object signal(ImageInput input, Signal<?> signal) {
        Object common = common(input, signal);
        if (common != null) {
            return common;
        }
        if (signal instanceof Signal.PatchPixels) {
            return EncoderRows.matrix(patchPixels(input, tokenPixels));
        }
        throw new IllegalArgumentException(signal + " cannot be measured before the encoder.");
    }

    /** A signal that is the same at every station before the connector, or null. */
    static @Nullable Object common(ImageInput input, Signal<?> signal) {
        return signal instanceof Signal.PictureSize
                ? new float[] {input.source().width(), input.source().height()}
                : input.run().common(signal);
    }

    /** Channels last, as pixels are usually written: {@code [patches, patch * patch * channels]}. */
    static Tensor patchPixels(ImageInput input, int patch) {
        Tensor whole = input.raw().get();
        Seen seen = input.seen();
        Tensor raw = seen == null
                ? whole
                : whole.narrow(1, (long) seen.top() * patch, (long) seen.rows() * patch)
                        .narrow(2, (long) seen.left() * patch, (long) seen.cols() * patch);
        Tensor rows = PatchEmbedding.unfold(raw.unsqueeze(0), patch);
        return rows.view(rows.size(1), raw.size(0), (long) patch * patch)
                .transpose(1, 2)
                .reshape(rows.size(1), -1);
    }
}
