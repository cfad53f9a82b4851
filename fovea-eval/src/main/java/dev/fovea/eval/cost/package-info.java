/**
 * What a prompt costs, from the sizes of a model and the tokens that each of its layers held: multiplications, keys and
 * values, memory. No weights are needed.
 */
@NullMarked
package dev.fovea.eval.cost;

import org.jspecify.annotations.NullMarked;
