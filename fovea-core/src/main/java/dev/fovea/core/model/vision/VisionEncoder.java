package dev.fovea.core.model.vision;

import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.RotaryEmbedding;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** From pixels to tokens, in blocks between which the path may look and act; the path runs the blocks. */
public interface VisionEncoder {

    /** What it is like. */
    VisionOptions options();

    /**
     * What the first block is given: tokens of the prefix (class token, registers), then the patches row by row.
     *
     * @param pixels {@code [images, channels * frames, height, width]}, normalised, the frames of a channel together;
     *     one frame stands for all where the pictures are still
     * @return {@code [images, prefix + rows * cols, width]}
     */
    Tensor embed(Tensor pixels);

    /**
     * The same of pictures that were cut into patches before, of which some may be missing.
     *
     * @param patches {@code [images, patches, channels * frames * size * size]}, normalised
     * @param cells {@code [images * patches]}: where in the grid each stands, counted row by row
     * @param rows of the grid
     * @param cols of the grid
     * @param prefix whether class token and registers stand before them; without, a picture is patches alone
     * @return {@code [images, prefix + patches, width]}
     */
    Tensor embed(Tensor patches, int[] cells, int rows, int cols, boolean prefix);

    /** Its blocks, in order. */
    List<TransformerBlock> blocks();

    /** Rotary positions of rows and columns that every block turns queries and keys by, or null. */
    @Nullable
    RotaryEmbedding rotary();

    /** The norm behind the last block, or null where there is none. */
    @Nullable
    Norm postNorm();

    /** What leaves the last block, as the next part takes it: {@code [tokens, width] -> [tokens, width]}. */
    Tensor features(Tensor last);
}
