package dev.fovea.core.model.contrastive;

import org.bytedeco.pytorch.Tensor;

/** The way from an image tower's states into the space that it shares with a text tower. */
public sealed interface ImageHead permits ClassTokenHead, PoolingHead {

    /** Channels of the states that it reads. */
    int width();

    /**
     * One point for each picture, not normalised: {@code [images, projection]}.
     *
     * @param states what leaves the tower, image after image: {@code [total tokens, width]}
     * @param lengths tokens of each image
     */
    Tensor pictures(Tensor states, int[] lengths);

    /**
     * One point for each patch alone, not normalised: {@code [patches, projection]}.
     *
     * @param states {@code [patches, width]}
     */
    Tensor patches(Tensor states);
}
