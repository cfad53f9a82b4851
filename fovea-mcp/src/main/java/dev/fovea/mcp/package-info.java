/**
 * A server of the Model Context Protocol over Fovea, for programs that give tools to language models: questions about
 * pictures, techniques side by side, and what became of every visual token.
 */
@NullMarked
package dev.fovea.mcp;

import org.jspecify.annotations.NullMarked;
