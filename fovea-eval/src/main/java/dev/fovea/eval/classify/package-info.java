/**
 * Zero-shot classification of a stream of pictures with a contrastive dual encoder: class texts from templates, one
 * picture after the other, and what a technique learns on the way.
 */
@NullMarked
package dev.fovea.eval.classify;

import org.jspecify.annotations.NullMarked;
