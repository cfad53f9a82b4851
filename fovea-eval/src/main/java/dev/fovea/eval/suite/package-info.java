/**
 * Questions with known answers: the procedural world, and the public benchmarks in the form in which they are published.
 * Prompts, extraction and metrics are those of lmms-eval 0.2.4 unless said otherwise.
 */
@NullMarked
package dev.fovea.eval.suite;

import org.jspecify.annotations.NullMarked;
