/**
 * A fair contest: the same questions, pictures and prompts for every technique at every budget, greedy, interrupted at
 * any moment without loss, and reported with intervals.
 */
@NullMarked
package dev.fovea.eval.bench;

import org.jspecify.annotations.NullMarked;
