/**
 * Vision-language models on the JVM: open a checkpoint, ask about pictures, and see what became of every visual token.
 */
@NullMarked
package dev.fovea.core;

import org.jspecify.annotations.NullMarked;
