/**
 * Kernels written by hand where libtorch leaves a CPU's memory bandwidth unused: linear maps of one or a few rows, which
 * is what decoding consists of. They read the weights where they lie, with the Vector API when the JVM offers it, and
 * step aside for libtorch everywhere else.
 */
@NullMarked
package dev.fovea.core.kernel;

import org.jspecify.annotations.NullMarked;
