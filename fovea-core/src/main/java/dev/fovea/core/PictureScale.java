package dev.fovea.core;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.ViewSize;
import dev.fovea.core.path.Part;
import java.util.List;

/**
 * How large something without pixels of its own, such as the page of a document, is best drawn for a model: as large as
 * the model sees it, and no larger. A model that cuts pictures into tiles sees more of it than one that has a single
 * size, and one that takes any size as much as it is given.
 *
 * @param processor of the model
 */
record PictureScale(PictureProcessor processor) {

    /**
     * Pixels per unit.
     *
     * @param width of what is drawn, in units of its own
     * @param height in the same units
     * @param mostPixels width times height of the picture, at most
     */
    double of(double width, double height, long mostPixels) {
        double area = width * height;
        double most = Math.sqrt(mostPixels / area);
        List<ViewSize> views = processor.views(pixels(width * most), pixels(height * most));
        long tiled = views.stream()
                .filter(view -> view.part() instanceof Part.Tile)
                .mapToLong(view -> (long) view.width() * view.height())
                .sum();
        if (tiled > 0) {
            return Math.min(most, Math.sqrt(tiled / area));
        }
        // The view is filled whether the model stretches a picture, crops it or pads it.
        ViewSize view = views.getFirst();
        return Math.min(most, Math.max(view.width() / width, view.height() / height));
    }

    private static int pixels(double length) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE / 4.0, length));
    }
}
