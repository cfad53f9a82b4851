/**
 * The procedural world: seeded scenes of coloured shapes, letters and signs over quiet backgrounds, drawn without any
 * graphics library so that the same seed gives the same bytes on every machine, with exact truth about what is visible
 * where, questions and answers by skill, and captions.
 */
@NullMarked
package dev.fovea.world;

import org.jspecify.annotations.NullMarked;
