/**
 * Weights on disk: safetensors files, single or sharded, mapped into memory and handed out as tensors without a copy,
 * and written back atomically. Files are untrusted: every claim of a header is checked before a byte of it is used, and
 * what is wrong is said in one sentence that names the file and the tensor.
 */
@NullMarked
package dev.fovea.core.weights;

import org.jspecify.annotations.NullMarked;
