package dev.fovea.core;

import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Hands prepared pictures to the encoder. */
final class Pictures {
    private Pictures() {}

    /** An encoder input; its tensors belong to the open scope. */
    static ImageInput input(PreparedImage image, ImageProcessorConfig config, String name, PlanRun run) {
        return new ImageInput(tensor(image), () -> raw(image, config), name, run);
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
