/**
 * Text in and out of a model: its tokenizer and its chat template, both read from the checkpoint's own files, without
 * any download.
 */
@NullMarked
package dev.fovea.core.text;

import org.jspecify.annotations.NullMarked;
