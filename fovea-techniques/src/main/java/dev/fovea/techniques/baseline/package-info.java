/** What papers compare with: everything, a random subset, a uniform grid, average pooling. */
@NullMarked
package dev.fovea.techniques.baseline;

import org.jspecify.annotations.NullMarked;
