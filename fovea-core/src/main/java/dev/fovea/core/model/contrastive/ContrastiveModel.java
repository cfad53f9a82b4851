package dev.fovea.core.model.contrastive;

import dev.fovea.core.layer.Linear;
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
 * Both towers of a contrastive model with their ways into the shared space.
 *
 * @param vision the image tower, or null where the checkpoint holds the text side only (a text tower paired with the
 *     encoder of a vision-language model)
 * @param text the text tower
 * @param head from the image tower to the shared space
 * @param textProjection {@code [projection, text width]}
 * @param scores how well texts fit a picture
 */
public record ContrastiveModel(
        @Nullable VisionTransformer vision,
        TextTransformer text,
        ImageHead head,
        Linear textProjection,
        Scores scores) {

    /**
     * How well texts fit a picture: {@code scale * cosine + bias}.
     *
     * @param eachByItself whether a sigmoid of a score says how likely its text fits (SigLIP, arXiv 2303.15343), rather
     *     than a softmax over all of them which one does (CLIP)
     */
    public record Scores(float scale, float bias, boolean eachByItself) {

        /** Probabilities of these scores. */
        public float[] probabilities(float[] scores) {
            double[] weights = new double[scores.length];
            double total = 0;
            double highest = Double.NEGATIVE_INFINITY;
            for (float score : scores) {
                highest = Math.max(highest, score);
            }
            for (int i = 0; i < weights.length; i++) {
                weights[i] = eachByItself ? 1 / (1 + Math.exp(-scores[i])) : Math.exp(scores[i] - highest);
                total += weights[i];
            }
            float[] out = new float[scores.length];
            for (int i = 0; i < out.length; i++) {
                out[i] = (float) (eachByItself ? weights[i] : weights[i] / total);
            }
            return out;
        }
    }

    /**
     * Texts in the shared space, not normalised: {@code [texts, projection]}.
     *
     * @param texts token ids, framed as the tower reads them
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
        return project(encoder.features(x), lengths);
    }

    /**
     * What leaves the image tower in the shared space, not normalised: {@code [images, projection]}.
     *
     * @param states image after image: {@code [total tokens, vision width]}
     * @param lengths tokens of each image
     */
    public Tensor project(Tensor states, int... lengths) {
        return Tensors.to(head.pictures(states, lengths), DType.F32);
    }

    /** Scores of pictures with texts: {@code [images, texts]}. */
    public Tensor similarity(Tensor images, Tensor texts) {
        return Tensors.add(Tensors.scale(unit(images).matmul(unit(texts).t()), scores.scale()), scores.bias());
    }

    private static Tensor unit(Tensor x) {
        return x.div(
                x.square().sum(new long[] {1}, true, new ScalarTypeOptional()).sqrt());
    }
}
