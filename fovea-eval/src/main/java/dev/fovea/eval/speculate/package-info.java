/** What guessing does for answers: whether they stay the same, how often the model is asked, how long it takes. */
@NullMarked
package dev.fovea.eval.speculate;

import org.jspecify.annotations.NullMarked;
