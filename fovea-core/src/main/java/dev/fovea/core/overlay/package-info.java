/**
 * Pictures of what a run looked at: kept patches bright, dropped ones dimmed, merged groups outlined, scores as a heat
 * map. Drawn from the ledger alone, without a model, a screen or a font.
 */
@NullMarked
package dev.fovea.core.overlay;

import org.jspecify.annotations.NullMarked;
