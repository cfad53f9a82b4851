package dev.fovea.core.shape;

/**
 * The sizes of a model that plans and cost models need; no weights.
 *
 * @param family for example {@code llava}
 * @param gridRows rows of the patch grid of one image
 * @param gridCols columns of the patch grid of one image
 * @param patchSize side of a patch in pixels
 * @param hasCls whether the encoder has a class token
 * @param clsInFeatures whether the class token is part of the selected features ({@code full} instead of
 *     {@code default} feature selection)
 * @param encoderLayers all layers of the encoder
 * @param featureLayers how many encoder layers run before the selected features (LLaVA-1.5: 23 of 24)
 * @param encoderWidth channels
 * @param encoderHeads attention heads
 * @param encoderMlp inner width of the encoder's MLP
 * @param hasTextTower whether a paired contrastive text tower is loaded
 * @param decoderLayers layers of the language model; 0, like all its other sizes, where there is none
 * @param decoderWidth channels of the language model
 * @param decoderHeads query heads
 * @param decoderKvHeads key/value heads
 * @param decoderHeadDim channels per head
 * @param decoderMlp inner width of the decoder's MLP
 * @param vocabulary entries of the output head
 * @param contextLength longest sequence of the language model
 */
public record ModelShape(
        String family,
        int gridRows,
        int gridCols,
        int patchSize,
        boolean hasCls,
        boolean clsInFeatures,
        int encoderLayers,
        int featureLayers,
        int encoderWidth,
        int encoderHeads,
        int encoderMlp,
        boolean hasTextTower,
        int decoderLayers,
        int decoderWidth,
        int decoderHeads,
        int decoderKvHeads,
        int decoderHeadDim,
        int decoderMlp,
        int vocabulary,
        int contextLength) {

    /** Whether a language model follows; contrastive dual encoders end with their image tower. */
    public boolean hasLanguageModel() {
        return decoderLayers > 0;
    }

    /** Visual tokens per image before any technique acts. */
    public int visualTokens() {
        return gridRows * gridCols + (clsInFeatures ? 1 : 0);
    }

    /** The same model on pictures of another size. */
    public ModelShape withGrid(int rows, int cols) {
        return new ModelShape(
                family,
                rows,
                cols,
                patchSize,
                hasCls,
                clsInFeatures,
                encoderLayers,
                featureLayers,
                encoderWidth,
                encoderHeads,
                encoderMlp,
                hasTextTower,
                decoderLayers,
                decoderWidth,
                decoderHeads,
                decoderKvHeads,
                decoderHeadDim,
                decoderMlp,
                vocabulary,
                contextLength);
    }

    /** Patches per image. */
    public int patches() {
        return gridRows * gridCols;
    }
}
