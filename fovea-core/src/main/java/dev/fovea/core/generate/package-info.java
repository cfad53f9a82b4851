/**
 * Generation: turning logits into tokens and tokens into text. Sampling follows the semantics and the order of
 * {@code transformers}; text is handed out only in whole characters and ends exactly where a stop string begins.
 */
@NullMarked
package dev.fovea.core.generate;

import org.jspecify.annotations.NullMarked;
