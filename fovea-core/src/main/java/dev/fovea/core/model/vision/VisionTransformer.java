package dev.fovea.core.model.vision;

import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.PatchEmbedding;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A vision transformer (Dosovitskiy et al., arXiv 2010.11929) with the options in which published encoders differ.
 *
 * @param classEmbedding {@code [width]}, or null
 * @param registers {@code [registers, width]}, or null
 * @param kernel of the patch embedding, {@code [width, channels, patch, patch]} or
 *     {@code [width, channels, frames, patch, patch]}
 * @param patchBias {@code [width]}, or null
 * @param positions what is added to class token and patches
 * @param preNorm on the embeddings, or null
 * @param blocks in order
 * @param postNorm behind the last block, or null
 * @param rotary by row and column, or null
 * @param products the type in which patches are multiplied where it is not that of the kernel, or null
 */
public record VisionTransformer(
        VisionOptions options,
        @Nullable Tensor classEmbedding,
        @Nullable Tensor registers,
        Tensor kernel,
        @Nullable Tensor patchBias,
        PositionTable positions,
        @Nullable Norm preNorm,
        List<TransformerBlock> blocks,
        @Nullable Norm postNorm,
        @Nullable RotaryEmbedding rotary,
        @Nullable DType products)
        implements VisionEncoder {

    /** Base of the rotary frequencies. */
    private static final double ROTARY_THETA = 10_000;

    /** Loads the tensors under {@code w}, which stands at {@code embeddings.}, {@code layers.} and the norms. */
    public static VisionTransformer load(VisionOptions o, Weights w) {
        int width = o.width();
        VisionOptions.Block block = o.block();
        List<TransformerBlock> blocks = new ArrayList<>();
        for (int i = 0; i < o.layers(); i++) {
            blocks.add(TransformerBlock.load(block, width, o.mlpWidth(), o.heads(), w.under("layers." + i + ".")));
        }
        boolean postNorm = switch (o.postNorm()) {
            case NONE -> false;
            case CLASS_TOKEN -> w.contains("post_layernorm.weight");
            case FEATURES -> true;
        };
        return new VisionTransformer(
                o,
                o.classToken() ? w.tensor("embeddings.class_embedding", width) : null,
                o.registers() > 0 ? w.tensor("embeddings.register_tokens", o.registers(), width) : null,
                kernel(o, w),
                o.patches().bias() ? w.tensor("embeddings.patch_embedding.bias", width) : null,
                PositionTable.load(o, w),
                o.preNorm() ? w.norm(block.norm(), "pre_layernorm", width, block.eps()) : null,
                List.copyOf(blocks),
                postNorm ? w.norm(block.norm(), "post_layernorm", width, block.eps()) : null,
                rotary(o),
                w.products());
    }

    private static @Nullable RotaryEmbedding rotary(VisionOptions o) {
        return switch (o.positions()) {
            case ROTARY, LINEAR_AND_ROTARY -> RotaryEmbedding.ofGrid(o.headDim(), ROTARY_THETA);
            case ROTARY_IN_TURNS -> RotaryEmbedding.ofGridInTurns(o.headDim(), ROTARY_THETA);
            case INTERPOLATED, BUCKETED, RESIZED, NONE -> null;
        };
    }

    /** A linear map of patches, channels last, is a kernel too. */
    private static Tensor kernel(VisionOptions o, Weights w) {
        String flat = "embeddings.flat_patch_embedding.weight";
        VisionOptions.Patches p = o.patches();
        if (!w.contains(flat)) {
            return w.tensor("embeddings.patch_embedding.weight", kernelShape(o));
        }
        long inputs = (long) p.size() * p.size() * p.channels();
        return w.keep(w.tensor(flat, o.width(), inputs)
                .view(o.width(), p.size(), p.size(), p.channels())
                .permute(0, 3, 1, 2));
    }

    private static long[] kernelShape(VisionOptions o) {
        VisionOptions.Patches p = o.patches();
        return p.frames() == 1
                ? new long[] {o.width(), p.channels(), p.size(), p.size()}
                : new long[] {o.width(), p.channels(), p.frames(), p.size(), p.size()};
    }

    @Override
    public Tensor embed(Tensor pixels) {
        long rows = pixels.size(2) / options.patches().size();
        long cols = pixels.size(3) / options.patches().size();
        Tensor x = new PatchEmbedding(kernelFor(pixels.size(1)), patchBias, products).forward(pixels);
        if (classEmbedding != null) {
            x = Tensors.cat(1, repeated(classEmbedding.unsqueeze(0), x.size(0)), x);
        }
        if (!(positions instanceof PositionTable.None)) {
            x = x.add(positions.of(rows, cols));
        }
        return entering(x, classEmbedding != null);
    }

    @Override
    public Tensor embed(Tensor patches, int[] cells, int rows, int cols, boolean prefix) {
        long planes = patches.size(2)
                / ((long) options.patches().size() * options.patches().size());
        Tensor x = new PatchEmbedding(kernelFor(planes), patchBias, products).embed(patches);
        Tensor cls = classEmbedding == null ? null : classEmbedding.unsqueeze(0);
        if (!(positions instanceof PositionTable.None)) {
            Tensor table = positions.of(rows, cols);
            long first = table.size(0) - (long) rows * cols;
            int[] at = Arrays.stream(cells).map(cell -> cell + (int) first).toArray();
            x = x.add(torch.embedding(table, Tensors.indices(at)).view(x.size(0), x.size(1), x.size(2)));
            cls = cls == null || first == 0 ? cls : cls.add(table.narrow(0, 0, 1));
        }
        if (!prefix) {
            return preNorm == null ? x : preNorm.forward(x);
        }
        return entering(cls == null ? x : Tensors.cat(1, repeated(cls, x.size(0)), x), cls != null);
    }

    /** What the first block is given of class token, if there is one, and patches: registers between them, and normed. */
    private Tensor entering(Tensor embedded, boolean cls) {
        Tensor x = embedded;
        if (registers != null) {
            // Behind the class token, without positions.
            long first = cls ? 1 : 0;
            x = Tensors.cat(
                    1, x.narrow(1, 0, first), repeated(registers, x.size(0)), x.narrow(1, first, x.size(1) - first));
        }
        return preNorm == null ? x : preNorm.forward(x);
    }

    /** {@code [width, planes, patch, patch]}; for a still picture, whose frames are all the same, their sum. */
    private Tensor kernelFor(long planes) {
        if (options.patches().frames() == 1) {
            return kernel;
        }
        boolean still = planes == options.patches().channels();
        return still ? kernel.sum(new long[] {2}, false, new ScalarTypeOptional()) : kernel.flatten(1, 2);
    }

    private Tensor repeated(Tensor tokens, long images) {
        return tokens.unsqueeze(0).expand(images, tokens.size(0), options.width());
    }

    @Override
    public Tensor features(Tensor last) {
        return options.postNorm() == VisionOptions.PostNorm.FEATURES && postNorm != null
                ? postNorm.forward(last)
                : last;
    }
}
