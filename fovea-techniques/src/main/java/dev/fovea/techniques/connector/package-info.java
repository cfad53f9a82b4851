/** Techniques that select or merge between encoder and language model, some with later stages inside the decoder. */
@NullMarked
package dev.fovea.techniques.connector;

import org.jspecify.annotations.NullMarked;
