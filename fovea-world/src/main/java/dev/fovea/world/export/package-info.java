/**
 * Writes pictures of the world to disk as a data set: PNG files, questions as JSON lines and Parquet, captions, and the
 * exact truth with boxes and masks. PNG and JSON files are the same bytes on every machine.
 */
@NullMarked
package dev.fovea.world.export;

import org.jspecify.annotations.NullMarked;
