package dev.fovea.core.model.vision;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.model.NormKind;

/**
 * What one vision transformer is like: the choices in which the encoders of published models differ.
 *
 * @param width channels
 * @param mlpWidth inner channels of the MLP
 * @param layers transformer blocks
 * @param heads attention heads
 * @param patches how pixels become tokens
 * @param classToken whether a class token stands before the patches
 * @param registers learned tokens behind the class token that no later part reads (arXiv 2309.16588)
 * @param positions how patches know where they are
 * @param block what a block is made of
 * @param windows which blocks attend inside windows only
 * @param preNorm whether a norm comes before the first block
 * @param postNorm what the norm behind the last block is for
 */
public record VisionOptions(
        int width,
        int mlpWidth,
        int layers,
        int heads,
        Patches patches,
        boolean classToken,
        int registers,
        Positions positions,
        Block block,
        Windows windows,
        boolean preNorm,
        PostNorm postNorm) {

    /**
     * How pixels become tokens.
     *
     * @param size side of a patch, in pixels
     * @param channels colour channels
     * @param frames frames that one patch spans; a still picture is taken as that many equal frames
     * @param bias whether the projection has one
     * @param imageSize side of the pictures it was trained on in pixels, or 0 where any size was
     */
    public record Patches(int size, int channels, int frames, boolean bias, int imageSize) {

        /** Patches along one side of a picture of the trained size. */
        public int gridSide() {
            return imageSize / size;
        }
    }

    /** How patches know where they are. */
    public enum Positions {
        /** A learned table, interpolated bicubically for grids other than the trained one (CLIP, DINOv2). */
        INTERPOLATED,
        /** A learned table, of whose cells a patch takes the one that it lies in relatively (NaViT, arXiv 2307.06304). */
        BUCKETED,
        /** A learned table, resized bilinearly and smoothed to the grid at hand (SigLIP 2, arXiv 2502.14786). */
        RESIZED,
        /** Rotary in every block, by row and column (Qwen2-VL). */
        ROTARY,
        /** The same, with frequencies that rows and columns take in turns (Pixtral). */
        ROTARY_IN_TURNS,
        /** Both: a learned table whose corners are those of every grid, linear in between, and rotary (Qwen3-VL). */
        LINEAR_AND_ROTARY,
        /** Not at all, or by what stands before the encoder. */
        NONE;

        /** Whether every block turns queries and keys by row and column. */
        public boolean rotary() {
            return this == ROTARY || this == ROTARY_IN_TURNS || this == LINEAR_AND_ROTARY;
        }
    }

    /**
     * What a block is made of: {@code x + scale * attention(norm(x))}, then {@code x + scale * mlp(norm(x))}.
     *
     * @param norm kind of its norms
     * @param eps of all norms
     * @param gated whether the MLP is gated
     * @param activation of the MLP
     * @param qkvBias whether queries, keys and values have biases
     * @param outBias whether the attention's output has
     * @param mlpBias whether the MLP's linear layers have
     * @param layerScale whether both branches are scaled by a learned vector (arXiv 2103.17239)
     * @param queryKeyNorm how queries and keys are normalised
     */
    public record Block(
            NormKind norm,
            double eps,
            boolean gated,
            Activation activation,
            boolean qkvBias,
            boolean outBias,
            boolean mlpBias,
            boolean layerScale,
            QueryKeyNorm queryKeyNorm) {

        /** Layer norms, two linear layers with biases everywhere: CLIP, SigLIP, the ViT of the paper. */
        public static Block plain(Activation activation, double eps) {
            return new Block(NormKind.LAYER, eps, false, activation, true, true, true, false, QueryKeyNorm.NONE);
        }

        /** RMS norms and a gated MLP, with biases (Qwen2.5-VL). */
        public static Block gated(Activation activation, double eps) {
            return new Block(NormKind.RMS, eps, true, activation, true, true, true, false, QueryKeyNorm.NONE);
        }
    }

    /** How queries and keys are normalised. */
    public enum QueryKeyNorm {
        NONE,
        /** Each head by itself, by the block's kind of norm. */
        HEAD,
        /** All heads together, by an RMS norm (InternViT-6B). */
        ALL_HEADS
    }

    /** What the norm behind the last block is for. */
    public enum PostNorm {
        /** There is none. */
        NONE,
        /** The class token of a contrastive model alone; checkpoints of other models may leave it out. */
        CLASS_TOKEN,
        /** Everything that leaves the last block. */
        FEATURES
    }

    /** Channels of one head. */
    public int headDim() {
        return width / heads;
    }

    /** Tokens before the patches: the class token and registers. */
    public int prefix() {
        return (classToken ? 1 : 0) + registers;
    }
}
