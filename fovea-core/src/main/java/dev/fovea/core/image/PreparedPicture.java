package dev.fovea.core.image;

import java.util.List;

/**
 * A picture, or a video, as a vision-language model takes it.
 *
 * @param views what the encoder sees, in the order in which the prompt shows them; never empty
 * @param tileRows rows of tiles, or 0 where the picture is not cut into tiles
 * @param tileColumns columns of tiles, or 0
 */
public record PreparedPicture(List<PreparedImage> views, int tileRows, int tileColumns) {
    public PreparedPicture {
        views = List.copyOf(views);
        if (views.isEmpty()) {
            throw new IllegalArgumentException("A picture needs at least one view");
        }
    }

    /** A picture that is seen at once. */
    public static PreparedPicture whole(PreparedImage view) {
        return new PreparedPicture(List.of(view), 0, 0);
    }
}
