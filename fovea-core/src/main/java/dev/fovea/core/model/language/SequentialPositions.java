package dev.fovea.core.model.language;

import java.util.List;
import java.util.stream.IntStream;

/**
 * One number: tokens are counted, pictures like words.
 *
 * @param first number of the first token
 */
public record SequentialPositions(int first) implements PositionIds {
    /** Counted from 0. */
    public SequentialPositions() {
        this(0);
    }

    @Override
    public int axes() {
        return 1;
    }

    @Override
    public Laid lay(List<Span> spans) {
        int length = spans.stream().mapToInt(Span::length).sum();
        return new Laid(new int[][] {IntStream.range(first, first + length).toArray()}, first + length);
    }
}
