package dev.fovea.core;

import dev.fovea.core.image.RgbImage;
import java.util.List;

/**
 * A question about pictures, or about a video of which they are the frames.
 *
 * @param images in the order in which the prompt shows them; may be empty
 * @param text the question
 */
public record Question(List<RgbImage> images, String text) {
    public Question {
        images = List.copyOf(images);
    }
}
