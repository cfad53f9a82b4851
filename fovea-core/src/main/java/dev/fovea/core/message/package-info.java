/** What sentences for people are made of, wherever in the engine they are said. */
@NullMarked
package dev.fovea.core.message;

import org.jspecify.annotations.NullMarked;
