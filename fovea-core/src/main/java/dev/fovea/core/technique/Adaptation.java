package dev.fovea.core.technique;

import dev.fovea.core.path.Matrix;

/**
 * What a technique has learnt from a stream of pictures that are classified one after the other: it corrects the logits
 * of each, and the steps of its plan may look at what it remembers. Immutable, so that a technique itself holds no
 * state: whoever runs the stream keeps the newest one.
 */
public interface Adaptation {

    /**
     * What a step that declares {@link dev.fovea.core.path.Signal.Remembered} of this name is given: a matrix without
     * rows where there is nothing (yet).
     */
    Matrix remembered(String name);

    /**
     * Takes in the picture that was just looked at.
     *
     * @param logits of the picture, {@code [classes]}
     * @param trajectory class token states behind every encoder block, {@code [layers, width]}
     */
    Adapted after(float[] logits, Matrix trajectory);

    /**
     * A picture's corrected logits, and what is known from now on.
     *
     * @param logits {@code [classes]}
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    record Adapted(float[] logits, Adaptation next) {}

    /** Learns nothing and corrects nothing; always the same object. */
    static Adaptation none() {
        return NoAdaptation.INSTANCE;
    }
}
