/** What an evaluation needs of a model, and the model of this project behind it. */
@NullMarked
package dev.fovea.eval.subject;

import org.jspecify.annotations.NullMarked;
