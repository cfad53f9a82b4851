/** How the public benchmarks read and score answers, each by itself. */
@NullMarked
package dev.fovea.eval.suite.metric;

import org.jspecify.annotations.NullMarked;
