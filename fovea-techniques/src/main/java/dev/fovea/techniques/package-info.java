/**
 * Published visual-token techniques, one class each, in packages by the station where they act, with what they share:
 * how a budget is read ({@link dev.fovea.techniques.Spending}) and what a model must offer
 * ({@link dev.fovea.techniques.Shapes}).
 */
@NullMarked
package dev.fovea.techniques;

import org.jspecify.annotations.NullMarked;
