package dev.fovea.core.model.llava;

import dev.fovea.core.layer.Mlp;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.clip.ClipDualEncoder;
import dev.fovea.core.model.clip.ClipVisionEncoder;
import dev.fovea.core.model.llama.LlamaDecoder;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a LLaVA-1.5 model.
 *
 * @param projector the connector
 * @param textTower CLIP with the text tower that was trained with the encoder, for techniques that compare patches with
 *     the question; or null
 */
public record LlavaModel(
        LlavaConfig config,
        ClipVisionEncoder vision,
        Mlp projector,
        LlamaDecoder decoder,
        @Nullable ClipDualEncoder textTower) {

    /**
     * Loads the tensors of a checkpoint, under today's names or those of the first generation.
     *
     * @throws CheckpointException if a tensor is missing or its shape is not what the configuration implies
     */
    public static LlavaModel load(
            LlavaConfig c, Checkpoint checkpoint, DType dtype, @Nullable ClipDualEncoder textTower) {
        if (textTower != null) {
            requirePaired(textTower.visualProjection().inputs(), c.vision().width());
        }
        Weights all = new Weights(checkpoint, "", dtype);
        Weights vision = all.underOneOf(
                "embeddings.class_embedding",
                List.of(
                        "model.vision_tower.",
                        "vision_tower.vision_model.",
                        "model.vision_tower.vision_model.",
                        "vision_tower."));
        Weights connector =
                all.underOneOf("linear_1.weight", List.of("model.multi_modal_projector.", "multi_modal_projector."));
        Weights text = all.underOneOf(
                "norm.weight",
                List.of("model.language_model.", "language_model.model.", "model.language_model.model."));
        List<String> heads = List.of("", "language_model.", "model.language_model.");
        boolean headless =
                c.text().tied() && heads.stream().noneMatch(prefix -> all.contains(prefix + "lm_head.weight"));
        Weights head = headless ? null : all.underOneOf("lm_head.weight", heads);
        long features = (long) c.vision().width() * c.featureLayers().size();
        int width = c.text().width();
        return new LlavaModel(
                c,
                ClipVisionEncoder.load(c.vision(), vision),
                new Mlp(
                        connector.linear("linear_1", width, features, c.projectorBias()),
                        c.projectorActivation(),
                        connector.linear("linear_2", width, width, c.projectorBias())),
                LlamaDecoder.load(c.text(), text, head),
                textTower);
    }

    private static void requirePaired(long projected, int width) {
        if (projected != width) {
            throw new CheckpointException("The text tower belongs to another encoder: its visual projection takes "
                    + projected + " channels, but the encoder of this model has " + width
                    + "; give the CLIP checkpoint that the encoder comes from");
        }
    }

    /** The sizes that plans and cost models need. */
    public ModelShape shape() {
        return config.shape(textTower != null);
    }
}
