package dev.fovea.core.model;

/** Which normalisation a network uses. */
public enum NormKind {
    /** Mean taken off, divided by the deviation, with weight and bias. */
    LAYER,
    /** Divided by the root mean square, with a weight. */
    RMS,
    /** Divided by the root mean square, with a weight that is counted from one (Gemma). */
    RMS_FROM_ONE
}
