/** How many clients a server bears: requests over HTTP, some at once, timed from outside. */
@NullMarked
package dev.fovea.cli.load;

import org.jspecify.annotations.NullMarked;
