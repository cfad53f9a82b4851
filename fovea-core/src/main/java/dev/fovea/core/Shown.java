package dev.fovea.core;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Part;
import org.jspecify.annotations.Nullable;

/**
 * A picture or video that is asked about.
 *
 * @param prepared as the encoder takes it where no step decides about its size
 * @param uncut the same where no step has it cut: itself unless one has
 * @param original as it was given, or null where nobody will need it again; always null for a video
 */
record Shown(
        PreparedPicture prepared,
        PreparedPicture uncut,
        @Nullable RgbImage original) {

    Shown(PreparedPicture prepared, @Nullable RgbImage original) {
        this(prepared, prepared, original);
    }

    /** Without the original, which may be large. */
    Shown withoutOriginal() {
        return new Shown(prepared, uncut, null);
    }

    /** As an overview and tiles, or as it is without a step that has it cut. */
    Shown cut(Decision.@Nullable Cut wanted, PictureProcessor processor) {
        if (wanted == null) {
            return isCut() ? new Shown(uncut, original) : this;
        }
        if (isCut() && prepared.tileRows() == wanted.rows() && prepared.tileColumns() == wanted.cols()) {
            return this;
        }
        if (original == null) {
            throw new IllegalArgumentException(
                    "A picture cannot be cut any more that was let go of when it was first seen"
                            + " as a whole; show it again.");
        }
        return new Shown(processor.cut(original, wanted.rows(), wanted.cols()), uncut, original);
    }

    /** Whether a step had it cut. */
    boolean isCut() {
        return prepared.views().getFirst().part() instanceof Part.Overview && isWhole();
    }

    /** Whether a step may have it cut: it is a picture that the encoder sees at once. */
    boolean isWhole() {
        return uncut.views().getFirst().part() instanceof Part.Whole;
    }

    /** Whether the views are the moments of a video. */
    boolean isVideo() {
        return prepared.views().getFirst().part() instanceof Part.Frame;
    }
}
