package dev.fovea.core.model.connector;

import dev.fovea.core.model.Weights;
import org.bytedeco.pytorch.Tensor;

/** From the encoder's features to visual tokens of the language model. */
public interface Connector {

    /** Which patches make which token. */
    Grouping grouping();

    /**
     * Projects tokens, each by itself.
     *
     * @param features the patches of a token beside each other: {@code [tokens * side * side, deep * feature width +
     *     feature width]}, the deep features first
     * @return {@code [tokens, width + deep * width]} in the width of the language model: the token, then what is added
     *     to it behind each of the first decoder layers
     */
    Tensor project(Tensor features);

    /** Channels of the features that it makes a token of, the last of those it is given. */
    int featureWidth();

    /** How many features of earlier blocks it maps too, for the first decoder layers; 0 without DeepStack. */
    default int deep() {
        return 0;
    }

    /** The connector that the options ask for, of the weights under {@code w}. */
    static Connector load(ConnectorOptions o, Weights w) {
        return o.deep() == 0 ? Projection.load(o, w) : DeepStack.load(o, w);
    }
}
