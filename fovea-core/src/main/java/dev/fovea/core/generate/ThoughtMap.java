package dev.fovea.core.generate;

/**
 * What a part of a thought holds of a picture: a number for each place of it.
 *
 * @param name what it is about; where there are several of a kind they are numbered from 1
 * @param rows of places
 * @param columns of places
 * @param values from 0 to 1, row by row: {@code [rows * columns]}
 */
@SuppressWarnings("ArrayRecordComponent") // shown at once; never compared
public record ThoughtMap(String name, int rows, int columns, float[] values) {}
