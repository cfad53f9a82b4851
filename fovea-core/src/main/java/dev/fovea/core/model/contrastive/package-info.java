/** Contrastive models: a picture tower and a text tower that meet in a shared space. */
@NullMarked
package dev.fovea.core.model.contrastive;

import org.jspecify.annotations.NullMarked;
