package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import java.util.List;

/**
 * Turns pictures into what a vision encoder takes, as a checkpoint's processor files say: one view of a picture, or
 * several (tiles, an overview, the frames of a video), each of which the encoder sees by itself. Implementations are
 * safe for use by several threads.
 */
public interface PictureProcessor {

    /**
     * The views of a picture, in the order in which the prompt shows them.
     *
     * @throws PictureException with one sentence if the picture cannot be prepared for this model
     */
    PreparedPicture preparePicture(RgbImage picture);

    /** All pictures of a prompt, which may look different than each would alone. */
    default List<PreparedPicture> preparePictures(List<RgbImage> pictures) {
        return pictures.stream().map(this::preparePicture).toList();
    }

    /** Whether how a picture is prepared depends on what other pictures the prompt shows. */
    default boolean looksAtAll() {
        return false;
    }

    /**
     * The sizes of the views that a picture of this size would have, without its pixels: what budgets and costs are
     * told from.
     *
     * @param width pixels in a row of the picture
     * @param height rows of the picture
     * @throws PictureException as {@link #preparePicture}
     */
    List<ViewSize> views(int width, int height);

    /**
     * The same part of a picture at a size of choice, for techniques that decide how large a picture is seen.
     *
     * @param part what of it {@link #preparePicture} showed
     * @param width pixels in a row of the view
     * @param height rows of the view
     * @throws IllegalArgumentException with one sentence if pictures of this model have sizes of their own
     */
    default PreparedImage prepareView(RgbImage picture, Part part, int width, int height) {
        throw new IllegalArgumentException(NOT_RESIZED);
    }

    /**
     * The way back to a picture from a view of it at a size of choice.
     *
     * @param view the way back from the view that {@link #preparePicture} made
     */
    default Geometry geometry(Geometry view, int width, int height) {
        return view.at(width, height);
    }

    /** Whether {@link #prepareView} takes views of pictures. */
    default boolean resizesViews() {
        return true;
    }

    /**
     * A picture that is otherwise seen at once as an overview and tiles, as {@link dev.fovea.core.path.Decision.Cut} has
     * it.
     *
     * @param rows of tiles, or 0 for the overview alone
     * @param cols columns of tiles, or 0
     * @return the overview, then the tiles row by row
     * @throws IllegalArgumentException with one sentence if pictures of this model cannot be cut
     */
    default PreparedPicture cut(RgbImage picture, int rows, int cols) {
        throw new IllegalArgumentException(NOT_CUT);
    }

    /** Whether {@link #cut} takes pictures. */
    default boolean cutsPictures() {
        return false;
    }

    /** What is told where a technique wants tiles. */
    String NOT_CUT =
            "The pictures of this model cannot be cut by a technique: it prepares them in a way of its own; use a"
                    + " technique that acts later.";

    /** What is told where a technique asks for another size. */
    String NOT_RESIZED = "The pictures of this model cannot be resized by a technique; use one that acts later.";

    /**
     * The views of a video.
     *
     * @param frames in order, all of one size
     * @param framesPerSecond how many of them a second of the video has
     * @throws IllegalArgumentException with one sentence if this model takes no videos
     */
    default PreparedPicture prepareVideo(List<RgbImage> frames, double framesPerSecond) {
        throw new IllegalArgumentException("This model takes pictures, not videos; ask about single frames.");
    }
}
