package dev.fovea.core.path;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** Which part of a picture or video one view of it shows. A vision encoder sees each view by itself. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Part.Whole.class, name = "whole"),
    @JsonSubTypes.Type(value = Part.Tile.class, name = "tile"),
    @JsonSubTypes.Type(value = Part.Overview.class, name = "overview"),
    @JsonSubTypes.Type(value = Part.Frame.class, name = "frame")
})
public sealed interface Part {

    /** All of it. */
    record Whole() implements Part {}

    /**
     * One tile of the picture, cut out at a higher resolution.
     *
     * @param row from the top, from 0
     * @param column from the left, from 0
     */
    record Tile(int row, int column) implements Part {}

    /** All of it at a lower resolution, beside its tiles. */
    record Overview() implements Part {}

    /**
     * A moment of a video, of one frame or of several that the encoder takes together.
     *
     * @param index how many moments came before
     * @param seconds between one moment and the next
     * @param at when it is, in seconds from the beginning: the middle between its first frame and its last
     */
    record Frame(int index, double seconds, double at) implements Part {}

    /** As people read it: {@code whole}, {@code tile 1,2} (counted from 1), {@code overview}, {@code frame 3}. */
    default String label() {
        return switch (this) {
            case Whole ignored -> "whole";
            case Tile tile -> "tile " + (tile.row() + 1) + "," + (tile.column() + 1);
            case Overview ignored -> "overview";
            case Frame frame -> "frame " + (frame.index() + 1);
        };
    }
}
