/**
 * What Fovea reaches of what the machine can do: matrix products and memory on one side, prefill, decode, selection and
 * start on the other, measured in turns within one process so that their ratios hold on a busy machine too.
 */
@NullMarked
package dev.fovea.cli.speed;

import org.jspecify.annotations.NullMarked;
