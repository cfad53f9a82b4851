/** The sizes that models were published in, which technique runs on which, and checkpoints of random weights. */
@NullMarked
package dev.fovea.eval.published;

import org.jspecify.annotations.NullMarked;
