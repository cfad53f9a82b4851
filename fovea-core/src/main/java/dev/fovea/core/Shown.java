package dev.fovea.core;

import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Part;
import org.jspecify.annotations.Nullable;

/**
 * A picture or video that is asked about.
 *
 * @param prepared as the encoder takes it where no step decides about its size
 * @param original as it was given, or null where nobody will need it again; always null for a video
 */
record Shown(PreparedPicture prepared, @Nullable RgbImage original) {

    /** Without the original, which may be large. */
    Shown withoutOriginal() {
        return new Shown(prepared, null);
    }

    /** Whether the views are the moments of a video. */
    boolean isVideo() {
        return prepared.views().getFirst().part() instanceof Part.Frame;
    }
}
