/** CLIP: the vision transformer, the text tower and both together (Radford et al., arXiv 2103.00020). */
@NullMarked
package dev.fovea.core.model.clip;

import org.jspecify.annotations.NullMarked;
