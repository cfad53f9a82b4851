package dev.fovea.core.model.connector;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.model.NormKind;
import org.jspecify.annotations.Nullable;

/**
 * What a connector is like that projects every token by itself.
 *
 * @param grouping which patches make which token
 * @param featureWidth channels of the encoder's features
 * @param width channels of the language model
 * @param averaged whether a token is the mean of its patches, rather than all of them beside each other
 * @param patchNorm norm of each patch before its token is put together, or of their mean; or null
 * @param together whether that norm is over all patches of a token together
 * @param eps of that norm
 * @param merges whether a matrix without bias makes one patch of a token's patches before all else
 * @param hidden inner channels of an MLP, or 0 where the projection is one linear map
 * @param activation of the MLP
 * @param bias whether the linear maps have biases
 * @param deep how many features of earlier blocks it maps too, for the first decoder layers
 */
public record ConnectorOptions(
        Grouping grouping,
        int featureWidth,
        int width,
        boolean averaged,
        @Nullable NormKind patchNorm,
        boolean together,
        double eps,
        boolean merges,
        int hidden,
        Activation activation,
        boolean bias,
        int deep) {

    /** The patches of a token beside each other. */
    public ConnectorOptions(
            Grouping grouping,
            int featureWidth,
            int width,
            @Nullable NormKind patchNorm,
            double eps,
            int hidden,
            Activation activation,
            boolean bias,
            int deep) {
        this(grouping, featureWidth, width, false, patchNorm, false, eps, false, hidden, activation, bias, deep);
    }

    /** Two linear layers around an activation, a token a patch (LLaVA-1.5). */
    public static ConnectorOptions mlp(int featureWidth, int width, Activation activation, boolean bias) {
        return new ConnectorOptions(Grouping.none(), featureWidth, width, null, 0, width, activation, bias, 0);
    }

    /** Squares of patches beside each other, mapped by one matrix without bias (Idefics3). */
    public static ConnectorOptions pixelShuffle(int side, int featureWidth, int width) {
        return new ConnectorOptions(new Grouping(side), featureWidth, width, null, 0, 0, Activation.GELU, false, 0);
    }

    /** Normed squares of patches beside each other through an MLP of their width (Qwen2-VL's patch merger). */
    public static ConnectorOptions merger(int side, int featureWidth, int width, NormKind norm, double eps) {
        return new ConnectorOptions(
                new Grouping(side),
                featureWidth,
                width,
                norm,
                eps,
                side * side * featureWidth,
                Activation.GELU,
                true,
                0);
    }

    /** The same for squares of patches, normed together (InternVL). */
    public ConnectorOptions ofTokens(int side, NormKind norm, double normEps) {
        return new ConnectorOptions(
                new Grouping(side),
                featureWidth,
                width,
                false,
                norm,
                true,
                normEps,
                false,
                hidden,
                activation,
                bias,
                deep);
    }

    /** The same for squares of normed patches that one matrix makes a single patch of (Mistral 3). */
    public ConnectorOptions merging(int side, NormKind norm, double normEps) {
        return new ConnectorOptions(
                new Grouping(side),
                featureWidth,
                width,
                false,
                norm,
                false,
                normEps,
                true,
                hidden,
                activation,
                bias,
                deep);
    }

    /**
     * The same, with features of so many earlier blocks each mapped by such an MLP of its own, whose norm is over all
     * patches of a token together (DeepStack as Qwen3-VL has it, arXiv 2511.21631).
     */
    public ConnectorOptions withDeep(int blocks) {
        return new ConnectorOptions(grouping, featureWidth, width, patchNorm, eps, hidden, activation, bias, blocks);
    }

    /** Every patch mapped by one matrix with a bias (PaliGemma). */
    public static ConnectorOptions linear(int featureWidth, int width) {
        return new ConnectorOptions(Grouping.none(), featureWidth, width, null, 0, 0, Activation.GELU, true, 0);
    }

    /** The normed means of squares of patches, mapped by one matrix without bias (Gemma 3). */
    public static ConnectorOptions averagePool(int side, int featureWidth, int width, NormKind norm, double eps) {
        return new ConnectorOptions(
                new Grouping(side), featureWidth, width, true, norm, false, eps, false, 0, Activation.GELU, false, 0);
    }

    /** Channels that the first matrix behind grouping and merging reads. */
    public int firstInputs() {
        return merges ? featureWidth : inputs();
    }

    /** Channels of what is mapped. */
    public int inputs() {
        return averaged ? featureWidth : grouping.patches() * featureWidth;
    }
}
