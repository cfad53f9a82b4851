/** What a technique is: a card, knobs, a budget, and the plan it makes for a model of a given shape. */
@NullMarked
package dev.fovea.core.technique;

import org.jspecify.annotations.NullMarked;
