/** What training minimises: per-patch truth, picture-caption contrast, answers. */
@NullMarked
package dev.fovea.train.objective;

import org.jspecify.annotations.NullMarked;
