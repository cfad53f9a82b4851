/** Pages that need nothing beside themselves: style, charts and tables for narrow and wide screens. */
@NullMarked
package dev.fovea.eval.report;

import org.jspecify.annotations.NullMarked;
