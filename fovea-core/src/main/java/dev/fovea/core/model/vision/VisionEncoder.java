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
