package dev.fovea.core.model.language;

import java.util.List;
import java.util.stream.IntStream;

/** One number: tokens are counted, pictures like words. */
public record SequentialPositions() implements PositionIds {
    @Override
    public int axes() {
        return 1;
    }

    @Override
    public Laid lay(List<Span> spans) {
        int length = spans.stream().mapToInt(Span::length).sum();
        return new Laid(new int[][] {IntStream.range(0, length).toArray()}, length);
    }
}
