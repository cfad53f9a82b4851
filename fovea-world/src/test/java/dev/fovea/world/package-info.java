/** Tests of the procedural world: its bytes, its truth, and its questions. */
@NullMarked
package dev.fovea.world;

import org.jspecify.annotations.NullMarked;
