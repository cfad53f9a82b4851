package dev.fovea.core.model;

import dev.fovea.core.model.connector.Connector;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.shape.ModelShape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A vision-language model: its parts, and what ties them together. All that the path needs to know of a model.
 *
 * @param vision from pixels to patches
 * @param featureLayers behind how many encoder layers the features are taken, as listed; several are concatenated
 * @param clsIsFeature whether the class token goes to the language model
 * @param connector from patches to visual tokens
 * @param decoder the language model
 * @param positions the position ids of a prompt
 * @param placeholders token ids each of which stands for one image in a prompt
 * @param textTower the contrastive model whose text tower was trained with the encoder, for techniques that compare
 *     patches with the question; or null
 * @param shape its sizes
 */
public record ModelParts(
        VisionEncoder vision,
        List<Integer> featureLayers,
        boolean clsIsFeature,
        Connector connector,
        Decoder decoder,
        PositionIds positions,
        Set<Integer> placeholders,
        @Nullable ContrastiveModel textTower,
        ModelShape shape) {

    public ModelParts {
        featureLayers = List.copyOf(featureLayers);
        placeholders = Set.copyOf(placeholders);
    }

    /** Whether a token of a prompt stands for an image. */
    public boolean isPlaceholder(int id) {
        return placeholders.contains(id);
    }
}
