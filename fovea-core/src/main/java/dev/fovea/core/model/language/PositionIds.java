package dev.fovea.core.model.language;

import dev.fovea.core.path.Part;
import java.util.List;

/** Which position ids the tokens of a prompt have, before anything is dropped from it. */
public interface PositionIds {

    /** How many numbers a position has. */
    int axes();

    /** The ids of a prompt, span by span. */
    Laid lay(List<Span> spans);

    /** A stretch of a prompt. */
    sealed interface Span {
        /** Tokens of it. */
        int length();
    }

    /** Words, and whatever else is no picture. */
    record Words(int length) implements Span {}

    /**
     * The visual tokens of one image, row by row.
     *
     * @param part what it shows of its picture or video
     */
    record Picture(int rows, int cols, Part part) implements Span {
        @Override
        public int length() {
            return rows * cols;
        }
    }

    /**
     * Position ids.
     *
     * @param ids {@code [axes][tokens]}
     * @param next of the token behind them, on every axis
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    record Laid(int[][] ids, int next) {}
}
