/** The words of the world as tokens: a byte-level vocabulary learned from its questions, answers and captions. */
@NullMarked
package dev.fovea.train.text;

import org.jspecify.annotations.NullMarked;
