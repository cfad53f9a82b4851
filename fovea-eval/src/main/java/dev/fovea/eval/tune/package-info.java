/** Searching for knobs: Gaussian-process Bayesian optimisation, and what it maximises. */
@NullMarked
package dev.fovea.eval.tune;

import org.jspecify.annotations.NullMarked;
