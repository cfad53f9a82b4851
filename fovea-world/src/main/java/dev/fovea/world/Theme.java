package dev.fovea.world;

/** What a scene was arranged for. */
public enum Theme {
    /** Objects drawn independently. */
    FREE,
    /** A group of objects shares shape, colour or both, so that counting reaches the higher numbers. */
    REPEATED,
    /** All objects but one share their shape or their colour, and no other attribute singles out another object. */
    ODD_ONE_OUT
}
