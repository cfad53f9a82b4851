package dev.fovea.core.model.contrastive;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.vision.TransformerBlock;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Both towers of a contrastive model with their projections into the shared space.
 *
 * @param vision the image tower, or null where the checkpoint holds the text side only (a text tower paired with the
 *     encoder of a vision-language model)
 * @param text the text tower
 * @param visualProjection {@code [projection, vision width]}
 * @param textProjection {@code [projection, text width]}
 * @param logitScale factor on cosine similarities
 */
public record ContrastiveModel(
        @Nullable VisionTransformer vision,
        TextTransformer text,
        Linear visualProjection,
        Linear textProjection,
        float logitScale) {

    /**
     * Texts in the shared space, not normalised: {@code [texts, projection]}.
     *
     * @param texts token ids with begin and end of text
     */
    public Tensor embedTexts(List<int[]> texts) {
        return Tensors.to(textProjection.forward(text.forward(texts)), DType.F32);
    }

    /**
     * Pictures in the shared space, not normalised: {@code [images, projection]}.
     *
     * @param pixels {@code [images, channels, height, width]}, normalised
     */
    public Tensor embedImages(Tensor pixels) {
        VisionTransformer encoder = vision;
        if (encoder == null) {
            throw new IllegalStateException("This checkpoint holds no image tower");
        }
        Tensor x = encoder.embed(pixels);
        int[] lengths = new int[(int) x.size(0)];
        Arrays.fill(lengths, (int) x.size(1));
        x = x.reshape(-1, x.size(2));
        for (TransformerBlock block : encoder.blocks()) {
            x = block.forward(x, lengths, false);
        }
        Tensor cls = x.view(lengths.length, lengths[0], -1).select(1, 0);
        return projectImages(cls);
    }

    /**
     * Class tokens behind the last block in the shared space, not normalised: {@code [images, projection]}.
     *
     * @param cls {@code [images, vision width]}
     */
    public Tensor projectImages(Tensor cls) {
        Norm postNorm = vision == null ? null : vision.postNorm();
        if (postNorm == null) {
            throw new IllegalStateException("This checkpoint lacks the norm behind its image tower");
        }
        return Tensors.to(visualProjection.forward(postNorm.forward(cls)), DType.F32);
    }

    /** {@code logitScale * cos(image, text)}: {@code [images, texts]}. */
    public Tensor similarity(Tensor images, Tensor texts) {
        return Tensors.scale(unit(images).matmul(unit(texts).t()), logitScale);
    }

    private static Tensor unit(Tensor x) {
        return x.div(
                x.square().sum(new long[] {1}, true, new ScalarTypeOptional()).sqrt());
    }
}
