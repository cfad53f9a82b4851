/** The Llama decoder (Touvron et al., arXiv 2302.13971) with grouped-query attention and scaled rotary positions. */
@NullMarked
package dev.fovea.core.model.llama;

import org.jspecify.annotations.NullMarked;
