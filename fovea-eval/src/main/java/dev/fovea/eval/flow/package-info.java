/**
 * Which tokens speak to which at which depth of a model: edges of attention are blocked in windows of layers, and the
 * probability of the answer tells what they carried (cross-modal information flow, arXiv 2411.18620).
 */
@NullMarked
package dev.fovea.eval.flow;

import org.jspecify.annotations.NullMarked;
