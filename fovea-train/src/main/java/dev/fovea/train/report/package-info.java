/** What a training run looked like: its log as curves, and the curves as a picture. */
@NullMarked
package dev.fovea.train.report;

import org.jspecify.annotations.NullMarked;
