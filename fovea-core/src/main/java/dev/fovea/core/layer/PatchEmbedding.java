package dev.fovea.core.layer;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a picture into square patches and maps each to a vector. A convolution whose stride is its kernel is one matrix
 * product over unfolded patches, which is faster on a CPU than the convolution.
 *
 * @param weight {@code [width, channels, patch, patch]}, as the convolution stores it
 * @param bias {@code [width]}, or null (CLIP)
 * @param products the type of the products where it is not that of the weights, as in {@link Linear}; or null
 */
public record PatchEmbedding(
        Tensor weight, @Nullable Tensor bias, @Nullable DType products) {

    /** Pixels {@code [batch, channels, height, width]} to {@code [batch, rows * cols, width]}, row-major. */
    public Tensor forward(Tensor pixels) {
        return embed(unfold(pixels, weight.size(2)));
    }

    /** Patches that were cut before, {@code [..., channels * patch * patch]}, to {@code [..., width]}. */
    public Tensor embed(Tensor patches) {
        Tensor flat = weight.reshape(weight.size(0), -1);
        if (products != null) {
            return Tensors.to(new Linear(flat, bias, products).forward(patches), DType.of(weight.scalar_type()));
        }
        Tensor x = Tensors.to(patches, DType.of(weight.scalar_type()));
        Work.linear(x, flat.size(0));
        return bias == null ? torch.linear(x, flat) : torch.linear(x, flat, Tensors.optional(bias));
    }

    /** {@code [batch, channels, height, width] -> [batch, rows * cols, channels * patch * patch]}. */
    public static Tensor unfold(Tensor pixels, long patch) {
        long batch = pixels.size(0);
        long channels = pixels.size(1);
        long rows = pixels.size(2) / patch;
        long cols = pixels.size(3) / patch;
        return pixels.narrow(2, 0, rows * patch)
                .narrow(3, 0, cols * patch)
                .reshape(batch, channels, rows, patch, cols, patch)
                .permute(0, 2, 4, 1, 3, 5)
                .reshape(batch, rows * cols, channels * patch * patch);
    }
}
