package dev.fovea.core.model.family;

import dev.fovea.core.image.NoPictures;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.connector.Connector;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A vision-language model as the composition of parts that a checkpoint's configuration describes; no weights.
 *
 * @param family its name, a {@code model_type}
 * @param vision the encoder, or null in a language model without one
 * @param featureLayers behind how many encoder layers the features are taken, as listed; several are concatenated
 * @param clsIsFeature whether the class token goes to the language model
 * @param connector from patches to visual tokens, or null where there is no encoder
 * @param text the language model
 * @param positions the position ids of a prompt
 * @param placeholders the tokens that stand for an image, that of pictures first
 * @param layout what stands around and between the images of a picture
 * @param renames from the names in files to canonical ones: {@code vision.}, {@code connector.}, {@code text.},
 *     {@code lm_head.} and {@code newline}
 * @param tiles whether a picture may be cut into several images
 * @param frames whether it takes videos
 */
public record Description(
        String family,
        @Nullable VisionOptions vision,
        List<Integer> featureLayers,
        boolean clsIsFeature,
        @Nullable ConnectorOptions connector,
        DecoderOptions text,
        PositionIds positions,
        List<Placeholder> placeholders,
        PromptLayout layout,
        List<Rename> renames,
        boolean tiles,
        boolean frames) {

    /**
     * A token that stands for an image in a prompt.
     *
     * @param text as chat templates write it
     */
    public record Placeholder(int id, String text) {}

    /** What a picture's side is taken to measure in pixels where the encoder was trained on any size. */
    private static final int TYPICAL_SIDE = 448;

    public Description {
        featureLayers = List.copyOf(featureLayers);
        placeholders = List.copyOf(placeholders);
        renames = List.copyOf(renames);
    }

    /** A language model without an encoder. */
    public static Description ofText(String family, DecoderOptions text, List<Rename> renames) {
        return new Description(
                family,
                null,
                List.of(),
                false,
                null,
                text,
                new SequentialPositions(),
                List.of(),
                PromptLayout.bare(),
                renames,
                false,
                false);
    }

    /** Whether there is an encoder. */
    public boolean hasVision() {
        return vision != null;
    }

    /**
     * The encoder.
     *
     * @throws IllegalArgumentException with one sentence if this model reads text alone
     */
    public VisionOptions vision() {
        if (vision == null) {
            throw new IllegalArgumentException(NoPictures.SENTENCE);
        }
        return vision;
    }

    /** From patches to visual tokens; throws as {@link #vision()} does. */
    public ConnectorOptions connector() {
        if (connector == null) {
            throw new IllegalArgumentException(NoPictures.SENTENCE);
        }
        return connector;
    }

    /** The same model where it takes videos, each of which has a placeholder of this kind. */
    Description withVideos(Placeholder video) {
        return new Description(
                family,
                vision,
                featureLayers,
                clsIsFeature,
                connector,
                text,
                positions,
                List.of(placeholders.getFirst(), video),
                layout,
                renames,
                tiles,
                true);
    }

    /** The sizes that plans and cost models need, for pictures of the size that the encoder was trained on. */
    public ModelShape shape(boolean hasTextTower) {
        if (vision == null || connector == null) {
            return ModelShape.ofText(
                    family,
                    text.layers(),
                    text.width(),
                    text.heads(),
                    text.kvHeads(),
                    text.headDim(),
                    text.mlpWidth(),
                    text.vocabulary(),
                    text.contextLength());
        }
        int side = connector.grouping().side();
        int pixels = vision.patches().imageSize() > 0 ? vision.patches().imageSize() : TYPICAL_SIDE;
        int grid = pixels / vision.patches().size() / side;
        Set<Integer> windowed = IntStream.range(0, vision.layers())
                .filter(vision.windows()::in)
                .boxed()
                .collect(Collectors.toSet());
        return new ModelShape(
                family,
                grid,
                grid,
                vision.patches().size(),
                vision.classToken(),
                clsIsFeature,
                vision.layers(),
                featureLayers.stream().mapToInt(Integer::intValue).max().orElse(0),
                vision.width(),
                vision.heads(),
                vision.mlpWidth(),
                hasTextTower,
                text.layers(),
                text.width(),
                text.heads(),
                text.kvHeads(),
                text.headDim(),
                text.mlpWidth(),
                text.vocabulary(),
                text.contextLength(),
                new ModelShape.Traits(
                        side,
                        windowed,
                        vision.windows().pixels() / vision.patches().size() / side,
                        vision.block().gated(),
                        connector.hidden(),
                        positions.axes(),
                        tiles,
                        frames,
                        connector.firstInputs(),
                        connector.deep(),
                        text.variant().mutual() == MutualSight.PROMPT));
    }

    /**
     * Loads the tensors of a checkpoint.
     *
     * @param tower the contrastive model that the encoder comes from, or null
     * @throws CheckpointException if a tensor is missing or its shape is not what the configuration implies
     */
    public ModelParts load(Checkpoint checkpoint, DType dtype, @Nullable ContrastiveModel tower) {
        return load(MappedWeights.of(checkpoint, dtype, renames), tower);
    }

    /** Makes the model of weights under canonical names. */
    public ModelParts load(Weights w, @Nullable ContrastiveModel tower) {
        if (tower != null && tower.head().width() != vision().width()) {
            throw new CheckpointException(
                    "The text tower belongs to another encoder: its way from pictures to texts takes "
                            + tower.head().width() + " channels, but the encoder of this model has "
                            + vision().width() + "; give the CLIP or SigLIP checkpoint that the encoder comes from");
        }
        return new ModelParts(
                vision == null ? null : VisionTransformer.load(vision, w.under("vision.")),
                featureLayers,
                clsIsFeature,
                connector == null ? null : Connector.load(connector, w.under("connector.")),
                Decoder.load(text, w.under("text."), w),
                positions,
                placeholders.stream().map(Placeholder::id).collect(Collectors.toSet()),
                tower,
                layout.newline() ? w.tensor("newline", text.width()) : null,
                shape(tower != null));
    }
}
