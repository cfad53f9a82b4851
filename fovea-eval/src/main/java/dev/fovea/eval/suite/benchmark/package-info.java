/**
 * The public benchmarks: where the columns of the published files are, what is asked, and how answers are read, as
 * lmms-eval 0.2.4 defines it.
 */
@NullMarked
package dev.fovea.eval.suite.benchmark;

import org.jspecify.annotations.NullMarked;
