package dev.fovea.core.image;

import java.util.List;

/**
 * A decoded picture.
 *
 * @param image its pixels, upright
 * @param notes what a person should know about how it was read, for example that only the first of several frames was
 *     taken; one sentence each, usually none
 */
public record Picture(RgbImage image, List<String> notes) {
    public Picture {
        notes = List.copyOf(notes);
    }
}
