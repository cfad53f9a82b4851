package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import java.util.List;

/** Prepares every picture as one view, stretched to a size that follows from its own. */
abstract class WholePictureProcessor implements PictureProcessor {
    private final Stretching stretching;

    WholePictureProcessor(Stretching stretching) {
        this.stretching = stretching;
    }

    /** The size that a picture is resized to, in pixels. */
    abstract DynamicSize.Size size(int width, int height);

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        DynamicSize.Size size = size(picture.width(), picture.height());
        return PreparedPicture.whole(prepareView(picture, new Part.Whole(), size.width(), size.height()));
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        DynamicSize.Size size = size(width, height);
        return List.of(new ViewSize(size.height(), size.width(), new Part.Whole()));
    }

    @Override
    public PreparedImage prepareView(RgbImage picture, Part part, int width, int height) {
        return stretching.view(picture, part, width, height);
    }
}
