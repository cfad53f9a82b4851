/** Families of models: each describes its checkpoints as a composition of the shared parts, in one file. */
@NullMarked
package dev.fovea.core.model.family;

import org.jspecify.annotations.NullMarked;
