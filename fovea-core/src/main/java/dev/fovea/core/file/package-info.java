/**
 * Files as people meet them: written beside their place and moved into it when they are complete, and failures that say
 * in words what is wrong.
 */
@NullMarked
package dev.fovea.core.file;

import org.jspecify.annotations.NullMarked;
