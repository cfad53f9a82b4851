/**
 * GGUF files: one file that holds a model's description, its vocabulary and its weights, mostly in blocks of a few bits
 * a weight. Files are untrusted: every count, length, offset and alignment is checked against the size of the file
 * before a byte behind it is used, and nothing larger than the file is ever allocated for it.
 */
@NullMarked
package dev.fovea.core.weights.gguf;

import org.jspecify.annotations.NullMarked;
