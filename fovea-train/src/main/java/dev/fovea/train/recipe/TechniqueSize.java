package dev.fovea.train.recipe;

/**
 * How long the training of a technique is: all numbers that are a matter of time.
 *
 * @param name names the size in a run folder
 * @param steps optimiser steps
 * @param pictures pictures in a batch
 * @param batches batches in a step
 * @param text room for packed questions behind a picture, in tokens
 * @param rate highest learning rate
 * @param heldOut pictures that it is measured on while it trains
 * @param every steps between two measurements
 */
record TechniqueSize(
        String name, long steps, int pictures, int batches, int text, double rate, int heldOut, long every) {

    /** Pictures seen in a whole run. */
    long seen() {
        return steps * batches * pictures;
    }

    /** A few steps, which only show that everything runs. */
    static TechniqueSize quick() {
        return new TechniqueSize("quick", 3, 2, 1, 40, 1e-3, 2, 3);
    }
}
