/** LLaVA-1.5 (Liu et al., arXiv 2310.03744): a CLIP vision transformer, an MLP connector and a Llama decoder. */
@NullMarked
package dev.fovea.core.model.llava;

import org.jspecify.annotations.NullMarked;
