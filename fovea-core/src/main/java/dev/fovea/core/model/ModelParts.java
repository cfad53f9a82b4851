package dev.fovea.core.model;

import dev.fovea.core.image.NoPictures;
import dev.fovea.core.model.connector.Connector;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.model.vision.VisionEncoder;
import dev.fovea.core.shape.ModelShape;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A vision-language model: its parts, and what ties them together. All that the path needs to know of a model.
 *
 * @param vision from pixels to patches, or null in a language model that reads text alone
 * @param featureLayers behind how many encoder layers the features are taken, as listed; several are concatenated
 * @param clsIsFeature whether the class token goes to the language model
 * @param connector from patches to visual tokens, or null where there is no encoder
 * @param decoder the language model
 * @param positions the position ids of a prompt
 * @param placeholders token ids each of which stands for one image in a prompt
 * @param textTower the contrastive model whose text tower was trained with the encoder, for techniques that compare
 *     patches with the question; or null
 * @param newline the learned token that ends a row or a picture in a prompt {@code [width]}, or null
 * @param shape its sizes
 */
public record ModelParts(
        @Nullable VisionEncoder vision,
        List<Integer> featureLayers,
        boolean clsIsFeature,
        @Nullable Connector connector,
        Decoder decoder,
        PositionIds positions,
        Set<Integer> placeholders,
        @Nullable ContrastiveModel textTower,
        @Nullable Tensor newline,
        ModelShape shape) {

    public ModelParts {
        featureLayers = List.copyOf(featureLayers);
        placeholders = Set.copyOf(placeholders);
    }

    /**
     * From pixels to patches.
     *
     * @throws IllegalArgumentException with one sentence if this model reads text alone
     */
    public VisionEncoder vision() {
        if (vision == null) {
            throw new IllegalArgumentException(NoPictures.SENTENCE);
        }
        return vision;
    }

    /** From patches to visual tokens; throws as {@link #vision()} does. */
    public Connector connector() {
        if (connector == null) {
            throw new IllegalArgumentException(NoPictures.SENTENCE);
        }
        return connector;
    }

    /** Whether a token of a prompt stands for an image. */
    public boolean isPlaceholder(int id) {
        return placeholders.contains(id);
    }
}
