/** Tests of the data sets on disk. */
@NullMarked
package dev.fovea.world.export;

import org.jspecify.annotations.NullMarked;
