package dev.fovea.core.engine;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Prepared pixels as a picture of their own: resized as they are, each new one the mean of
 * those that it covers.
 *
 * @param pixels {@code [channels, height, width]}
 * @param raw the same before normalisation
 */
record PixelSource(Tensor pixels, Supplier<Tensor> raw) implements ImageInput.Source {

    @Override
    public int width() {
        return (int) pixels.size(2);
    }

    @Override
    public int height() {
        return (int) pixels.size(1);
    }

    @Override
    public ImageInput.Pixels at(int width, int height) {
        return new ImageInput.Pixels(resized(pixels, width, height), () -> resized(raw.get(), width, height));
    }

    private static Tensor resized(Tensor t, int width, int height) {
        return torch.adaptive_avg_pool2d(t.unsqueeze(0), height, width).squeeze(0);
    }
}
