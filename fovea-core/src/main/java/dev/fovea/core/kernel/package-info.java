/**
 * Kernels written by hand where libtorch leaves a CPU's memory bandwidth unused: linear maps of one or a few rows and
 * attention of one token over a cache, which is what decoding consists of. They read weights and caches where they lie,
 * with the Vector API when the JVM offers it, and step aside for libtorch everywhere else.
 */
@NullMarked
package dev.fovea.core.kernel;

import org.jspecify.annotations.NullMarked;
