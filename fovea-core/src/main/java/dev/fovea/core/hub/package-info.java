/**
 * The Hugging Face Hub: the cache that Python tools, llama.cpp and Fovea share, and the protocol that fills it. Only
 * weights in formats that run no code, and the text files beside them, are fetched.
 */
@NullMarked
package dev.fovea.core.hub;

import org.jspecify.annotations.NullMarked;
