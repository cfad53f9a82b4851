/** Vision encoders: from pixels to tokens, in blocks. */
@NullMarked
package dev.fovea.core.model.vision;

import org.jspecify.annotations.NullMarked;
