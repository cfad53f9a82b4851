/**
 * OpenAI's HTTP interface over Fovea: existing clients talk to it, and choose techniques and budgets per request. It
 * parses and answers; {@code dev.fovea.core}'s batch does the work.
 */
@NullMarked
package dev.fovea.server;

import org.jspecify.annotations.NullMarked;
