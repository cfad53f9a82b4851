package dev.fovea.core.model.connector;

import org.bytedeco.pytorch.Tensor;

/** From the encoder's features to visual tokens of the language model. */
public interface Connector {

    /** Which patches make which token. */
    Grouping grouping();

    /**
     * Projects tokens, each by itself.
     *
     * @param features the patches of a token beside each other: {@code [tokens * side * side, feature width]}
     * @return {@code [tokens, width of the language model]}
     */
    Tensor project(Tensor features);

    /** Channels of the features it reads. */
    int featureWidth();
}
