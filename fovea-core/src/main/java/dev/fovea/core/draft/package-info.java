/** Drafts: small networks that guess what a model will say, so that it has to be asked less often. */
@NullMarked
package dev.fovea.core.draft;

import org.jspecify.annotations.NullMarked;
