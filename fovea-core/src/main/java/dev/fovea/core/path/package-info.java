/**
 * The path of a picture through a vision-language model: stations, the signals a step may pull there, the decisions it
 * may take, and the ledger that remembers them.
 */
@NullMarked
package dev.fovea.core.path;

import org.jspecify.annotations.NullMarked;
