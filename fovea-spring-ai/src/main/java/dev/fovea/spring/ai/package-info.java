/**
 * Models of Fovea as chat models of Spring AI, inside the process, and the configuration that Spring Boot makes of
 * properties. Techniques and budgets are chosen by properties, and per prompt.
 */
@NullMarked
package dev.fovea.spring.ai;

import org.jspecify.annotations.NullMarked;
