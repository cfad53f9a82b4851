package dev.fovea.core;

import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Hands prepared pictures to the encoder. */
final class Pictures {
    private Pictures() {}

    /** An encoder input; its tensors belong to the open scope. */
    static ImageInput input(Shown image, ImageProcessor processor, String name, PlanRun run) {
        ImageInput.Pixels pixels = pixels(image.prepared(), processor.config());
        return new ImageInput(pixels.pixels(), pixels.raw(), name, run, new Source(image, processor));
    }

    private static ImageInput.Pixels pixels(PreparedImage image, ImageProcessorConfig config) {
        return new ImageInput.Pixels(tensor(image), () -> raw(image, config));
    }

    private record Source(Shown image, ImageProcessor processor) implements ImageInput.Source {
        @Override
        public int width() {
            return image.prepared().geometry().originalWidth();
        }

        @Override
        public int height() {
            return image.prepared().geometry().originalHeight();
        }

        @Override
        public ImageInput.Pixels at(int width, int height) {
            RgbImage original = image.original();
            if (original == null) {
                throw new IllegalStateException("The original of a picture that shall be resized was not kept");
            }
            return pixels(processor.prepare(original, width, height), processor.config());
        }
    }

    /** {@code [3, height, width]}. */
    static Tensor tensor(PreparedImage image) {
        return Tensors.of(image.pixels(), 3, image.height(), image.width());
    }

    /** The same before normalisation, 0-255. */
    private static Tensor raw(PreparedImage image, ImageProcessorConfig config) {
        float[] pixels = image.pixels().clone();
        int plane = image.width() * image.height();
        for (int c = 0; c < 3; c++) {
            double scale = config.normalize() ? config.std().get(c) : 1;
            double shift = config.normalize() ? config.mean().get(c) : 0;
            double unit = config.rescale() ? config.rescaleFactor() : 1;
            for (int i = c * plane; i < (c + 1) * plane; i++) {
                pixels[i] = Math.round((pixels[i] * scale + shift) / unit);
            }
        }
        return Tensors.of(pixels, 3, image.height(), image.width());
    }

    /** Rows and columns of patches of a prepared picture. */
    static int[] grid(ImageProcessor processor, int patchSize, int trainedSide) {
        ImageProcessorConfig config = processor.config();
        if (config.centerCrop()) {
            return new int[] {config.cropHeight() / patchSize, config.cropWidth() / patchSize};
        }
        if (config.size() instanceof ImageProcessorConfig.Size.Exact exact) {
            return new int[] {exact.height() / patchSize, exact.width() / patchSize};
        }
        return new int[] {trainedSide / patchSize, trainedSide / patchSize};
    }
}
