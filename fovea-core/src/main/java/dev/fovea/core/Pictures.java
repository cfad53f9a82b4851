package dev.fovea.core;

import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.image.ViewSize;
import dev.fovea.core.path.Part;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Hands prepared pictures to the encoder.
 *
 * @param processor that prepared them
 */
record Pictures(PictureProcessor processor) {
    /** What a picture is taken to measure where none is there yet and the encoder was trained on any size. */
    private static final int TYPICAL_WIDTH = 640;

    private static final int TYPICAL_HEIGHT = 480;

    /**
     * An encoder input; its tensors belong to the open scope.
     *
     * @param shown the picture that it is a view of
     * @param picture index of that picture in the prompt
     */
    ImageInput input(Shown shown, PreparedImage view, int picture, String name, PlanRun run) {
        ImageInput.Pixels pixels = pixels(view);
        return new ImageInput(
                pixels.pixels(),
                picture,
                view.part(),
                pixels.raw(),
                name,
                run,
                new Source(shown, view, processor),
                view.seen(),
                shown.isCut() ? uncut(shown, view) : null);
    }

    /** The overview stands in the place of the whole picture; tiles are more than there would be. */
    private static ImageInput.Uncut uncut(Shown shown, PreparedImage view) {
        ViewSize whole = shown.uncut().views().getFirst().size();
        return view.part() instanceof Part.Tile
                ? new ImageInput.Uncut(0, 0)
                : new ImageInput.Uncut(whole.width(), whole.height());
    }

    private static ImageInput.Pixels pixels(PreparedImage view) {
        return new ImageInput.Pixels(
                tensor(view), () -> Tensors.of(view.bytes(), view.planes(), view.height(), view.width()));
    }

    private record Source(Shown shown, PreparedImage view, PictureProcessor processor) implements ImageInput.Source {
        @Override
        public int width() {
            return view.geometry().originalWidth();
        }

        @Override
        public int height() {
            return view.geometry().originalHeight();
        }

        @Override
        public ImageInput.Pixels at(int width, int height) {
            RgbImage original = shown.original();
            if (shown.isVideo()) {
                throw new IllegalArgumentException(PictureProcessor.NOT_RESIZED);
            }
            if (original == null) {
                throw new IllegalStateException("The original of a picture that shall be resized was not kept");
            }
            return pixels(processor.prepareView(original, view.part(), width, height));
        }
    }

    /** {@code [3 * frames, height, width]}. */
    static Tensor tensor(PreparedImage view) {
        return Tensors.of(view.pixels(), view.planes(), view.height(), view.width());
    }

    /** All views of these pictures, in order. */
    static List<PreparedImage> views(List<Shown> pictures) {
        return pictures.stream().flatMap(p -> p.prepared().views().stream()).toList();
    }

    /**
     * A model's shape on pictures as they are prepared, which need not be those that the encoder was trained on.
     *
     * @param trainedSide of pictures that the encoder was trained on in pixels, or 0
     */
    static ModelShape typical(ModelShape shape, PictureProcessor processor, int trainedSide) {
        ViewSize view = processor
                .views(trainedSide > 0 ? trainedSide : TYPICAL_WIDTH, trainedSide > 0 ? trainedSide : TYPICAL_HEIGHT)
                .getFirst();
        return of(shape, view);
    }

    /** A model's shape on views of this size. */
    static ModelShape of(ModelShape shape, ViewSize view) {
        return shape.withGrid(view.height() / shape.tokenPixels(), view.width() / shape.tokenPixels());
    }
}
