/** Measuring a model on questions about pictures it has never seen: which ones, right or wrong, and how sure that is. */
@NullMarked
package dev.fovea.cli.eval;

import org.jspecify.annotations.NullMarked;
