/**
 * Tensors over libtorch: loading the native library the right way, scopes that free native memory, dtypes, and copies
 * between the Java heap and tensors.
 */
@NullMarked
package dev.fovea.core.tensor;

import org.jspecify.annotations.NullMarked;
