package dev.fovea.core.ffmpeg;

/**
 * A decoded picture, one plane of samples for each component; chroma may be smaller than luma. Its samples live outside
 * of the Java heap until it is closed.
 */
public interface DecodedFrame extends AutoCloseable {

    /** Its width in pixels. */
    int width();

    /** Its height in pixels. */
    int height();

    /** What its samples are. */
    Layout layout();

    /**
     * The first samples of a row, without sign.
     *
     * @param plane from 0
     * @param row within the plane, from 0
     * @param to where they go
     * @param from the place of the first
     * @param count how many, at most the plane's width
     */
    void row(int plane, int row, short[] to, int from, int count);

    @Override
    void close();

    /**
     * How samples stand for colours; frames whose samples are alike can be put together.
     *
     * @param components 1 for grey; with 3 or more the first three are luma and chroma, or green, blue and red
     * @param depth bits of a sample
     * @param shiftX each chroma sample stands for {@code 1 << shiftX} columns
     * @param shiftY and for {@code 1 << shiftY} rows
     * @param rgb whether the components are colours themselves
     * @param planar whether each component has a plane of its own, little-endian
     * @param matrix the number that H.273 gives to the matrix from colours to luma and chroma
     * @param fullRange whether samples use all their bits
     */
    record Layout(
            int components,
            int depth,
            int shiftX,
            int shiftY,
            boolean rgb,
            boolean planar,
            int matrix,
            boolean fullRange) {}
}
