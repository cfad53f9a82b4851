/** Language models: one decoder with options, its cache, and the position ids of its tokens. */
@NullMarked
package dev.fovea.core.model.language;

import org.jspecify.annotations.NullMarked;
