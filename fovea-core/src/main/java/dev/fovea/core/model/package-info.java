/** What model families share when they are read from disk: configurations and checked weights. */
@NullMarked
package dev.fovea.core.model;

import org.jspecify.annotations.NullMarked;
