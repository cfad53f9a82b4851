/** Connectors: which patches make which visual token, and the way into the language model. */
@NullMarked
package dev.fovea.core.model.connector;

import org.jspecify.annotations.NullMarked;
