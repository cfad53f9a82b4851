/**
 * Runs a plan over a model: packed batches, the declared signals and nothing else, decisions applied in one place, and
 * the ledger that remembers them.
 */
@NullMarked
package dev.fovea.core.engine;

import org.jspecify.annotations.NullMarked;
