/** Fitting steering vectors to preferred answers, and measuring what they do where a model's prior is wrong. */
@NullMarked
package dev.fovea.eval.steer;

import org.jspecify.annotations.NullMarked;
