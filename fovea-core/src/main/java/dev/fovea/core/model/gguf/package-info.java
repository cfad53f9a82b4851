/**
 * GGUF files as checkpoints: what a file says of a model is put into the words of Hugging Face's files, so that the
 * families, tokenizers and templates that read those read it too, and its tensors get the names that they have there.
 */
@NullMarked
package dev.fovea.core.model.gguf;

import org.jspecify.annotations.NullMarked;
