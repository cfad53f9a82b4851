/**
 * The command line: one class per command, the terminal they write to, and how failures become one sentence and an exit
 * code.
 */
@NullMarked
package dev.fovea.cli;

import org.jspecify.annotations.NullMarked;
