package dev.fovea.core.image;

import java.util.List;

/** What every processor asks of a video. */
final class VideoFrames {
    private VideoFrames() {}

    /** @throws IllegalArgumentException with one sentence if there are no frames, or they have no pace */
    static void require(List<RgbImage> frames, double framesPerSecond) {
        if (frames.isEmpty() || !(framesPerSecond > 0)) {
            throw new IllegalArgumentException("A video needs at least one frame and a positive number of frames a "
                    + "second, not " + frames.size() + " at " + framesPerSecond);
        }
    }
}
