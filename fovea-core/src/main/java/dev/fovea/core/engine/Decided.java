package dev.fovea.core.engine;

import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;

/**
 * One decision with the tokens it was about.
 *
 * @param before identities of the visual tokens present before it
 */
public record Decided(Station station, int[] before, Outcome outcome) {}
