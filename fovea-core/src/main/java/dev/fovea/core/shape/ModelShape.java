package dev.fovea.core.shape;

import java.util.Set;

/**
 * The sizes of a model that plans and cost models need; no weights.
 *
 * @param family for example {@code llava}
 * @param gridRows rows of the grid of visual tokens of one image: of what the encoder sees at once
 * @param gridCols columns of that grid
 * @param patchSize side of a patch in pixels
 * @param hasCls whether the encoder has a class token
 * @param clsInFeatures whether the class token is part of the selected features ({@code full} instead of
 *     {@code default} feature selection)
 * @param encoderLayers all layers of the encoder; 0, like all its other sizes, where there is none
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
 * @param traits what else it has that others lack
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
        int contextLength,
        Traits traits) {

    /**
     * What families have that others lack.
     *
     * @param side patches along each side of a visual token; 1 where every patch is a token
     * @param windowed encoder layers that attend inside windows of the image only, from 0
     * @param windowSide tokens along each side of such a window, or 0
     * @param gatedEncoder whether the encoder's MLP is gated: three matrices instead of two
     * @param connectorHidden inner channels of the connector's MLP; 0 where it is one matrix
     * @param positionAxes numbers in a position of the language model: 1, or 3 for time, row and column
     * @param tiles whether a picture may be cut into several images
     * @param frames whether it takes videos
     * @param connectorInputs channels that the connector's first matrix reads; 0 where they are the features of a
     *     token's patches beside each other
     * @param deepFeatures how many features of earlier encoder layers are added behind the first decoder layers
     * @param promptSeesItself whether the tokens of a prompt see each other both ways
     */
    public record Traits(
            int side,
            Set<Integer> windowed,
            int windowSide,
            boolean gatedEncoder,
            int connectorHidden,
            int positionAxes,
            boolean tiles,
            boolean frames,
            int connectorInputs,
            int deepFeatures,
            boolean promptSeesItself) {
        public Traits {
            windowed = Set.copyOf(windowed);
        }

        /** A token a patch, an MLP of the language model's width between, one image a picture, counted positions. */
        public static Traits plain(int decoderWidth) {
            return new Traits(1, Set.of(), 0, false, decoderWidth, 1, false, false, 0, 0, false);
        }
    }

    /** A model with {@linkplain Traits#plain plain} traits. */
    public ModelShape(
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
        this(
                family,
                gridRows,
                gridCols,
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
                contextLength,
                Traits.plain(decoderWidth));
    }

    /** A language model that reads text alone. */
    public static ModelShape ofText(
            String family,
            int layers,
            int width,
            int heads,
            int kvHeads,
            int headDim,
            int mlp,
            int vocabulary,
            int contextLength) {
        return new ModelShape(
                family,
                0,
                0,
                1,
                false,
                false,
                0,
                0,
                0,
                0,
                0,
                false,
                layers,
                width,
                heads,
                kvHeads,
                headDim,
                mlp,
                vocabulary,
                contextLength);
    }

    /** Whether there is an encoder, or text is all that the model reads. */
    public boolean hasVision() {
        return encoderLayers > 0;
    }

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
                contextLength,
                traits);
    }

    /** Cells of the grid of one image: its visual tokens without a class token. */
    public int patches() {
        return gridRows * gridCols;
    }

    /** Width of the queries of a decoder layer, all heads together. */
    public long decoderQueryWidth() {
        return (long) decoderHeads * decoderHeadDim;
    }

    /** Width of the keys, and of the values, of a decoder layer, all heads together. */
    public long decoderKeyWidth() {
        return (long) decoderKvHeads * decoderHeadDim;
    }

    /** Side of the square of pixels that a visual token stands for. */
    public int tokenPixels() {
        return patchSize * traits.side();
    }
}
