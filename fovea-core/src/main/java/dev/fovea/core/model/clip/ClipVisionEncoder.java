package dev.fovea.core.model.clip;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.PatchEmbedding;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a CLIP vision transformer and its embedding of pixels; the path runs the blocks.
 *
 * @param classEmbedding {@code [width]}
 * @param patches cuts and projects pixels
 * @param positions {@code [1 + patches, width]}, class token first
 * @param preNorm on the embeddings
 * @param blocks in order
 * @param postNorm on the class token behind the last block, or null where the checkpoint left it out
 */
public record ClipVisionEncoder(
        ClipVisionConfig config,
        Tensor classEmbedding,
        PatchEmbedding patches,
        Tensor positions,
        LayerNorm preNorm,
        List<ClipBlock> blocks,
        @Nullable LayerNorm postNorm) {

    /** Loads the tensors under {@code w}, which stands at {@code embeddings.}, {@code encoder.} and the norms. */
    public static ClipVisionEncoder load(ClipVisionConfig c, Weights w) {
        int side = c.gridSide();
        List<ClipBlock> blocks = new ArrayList<>();
        for (int i = 0; i < c.layers(); i++) {
            blocks.add(ClipBlock.load(
                    w.under("encoder.layers." + i + "."), c.width(), c.mlpWidth(), c.heads(), c.activation(), c.eps()));
        }
        Tensor kernel =
                w.tensor("embeddings.patch_embedding.weight", c.width(), c.channels(), c.patchSize(), c.patchSize());
        return new ClipVisionEncoder(
                c,
                w.tensor("embeddings.class_embedding", c.width()),
                new PatchEmbedding(kernel, null),
                w.tensor("embeddings.position_embedding.weight", 1L + (long) side * side, c.width()),
                // The name is misspelt in every published checkpoint.
                w.layerNorm("pre_layrnorm", c.width(), c.eps()),
                List.copyOf(blocks),
                w.contains("post_layernorm.weight") ? w.layerNorm("post_layernorm", c.width(), c.eps()) : null);
    }

    /**
     * Patches with the class token before them, with positions and the first norm: what the first block is given.
     *
     * @param pixels {@code [images, channels, height, width]}, normalised
     * @return {@code [images, 1 + rows * cols, width]}
     */
    public Tensor embed(Tensor pixels) {
        long images = pixels.size(0);
        long rows = pixels.size(2) / config.patchSize();
        long cols = pixels.size(3) / config.patchSize();
        Tensor cls = classEmbedding.view(1, 1, -1).expand(images, 1, config.width());
        Tensor x = Tensors.cat(1, cls, patches.forward(pixels));
        return preNorm.forward(x.add(positions(rows, cols)));
    }

    /** Position embeddings for a grid, interpolated bicubically where it is not the trained one. */
    private Tensor positions(long rows, long cols) {
        long side = config.gridSide();
        if (rows == side && cols == side) {
            return positions;
        }
        Tensor grid = Tensors.to(positions.narrow(0, 1, side * side), DType.F32)
                .view(1, side, side, config.width())
                .permute(0, 3, 1, 2);
        Tensor resized = torch.upsample_bicubic2d(
                        grid, new long[] {rows, cols}, false, new DoubleOptional(), new DoubleOptional())
                .permute(0, 2, 3, 1)
                .reshape(rows * cols, config.width());
        return Tensors.cat(0, positions.narrow(0, 0, 1), Tensors.to(resized, DType.of(positions.scalar_type())));
    }
}
