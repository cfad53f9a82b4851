package dev.fovea.eval.cost;

import dev.fovea.core.shape.ModelShape;

/**
 * How many rows of matrices the tokens of some images are in the encoder, where a token may stand for several patches and
 * a layer may attend inside windows.
 *
 * @param images pictures, tiles or frames, each encoded by itself
 */
record EncoderSizes(ModelShape shape, int images) {

    /** Patches and class tokens of so many visual tokens of all images. */
    long rows(long tokens) {
        return patches(tokens) + (shape.hasCls() ? images : 0);
    }

    /** Patches of so many visual tokens. */
    long patches(long tokens) {
        return tokens * shape.traits().side() * shape.traits().side();
    }

    /** Rows that each row attends to in a layer, on average, when so many tokens are left. */
    long keys(int layer, long tokens) {
        if (!shape.traits().windowed().contains(layer)) {
            return rows(tokens) / Math.max(1, images);
        }
        double left = (double) tokens / Math.max(1, (long) images * shape.patches());
        return Math.round(left * patches(1) * inLine(shape.gridRows()) * inLine(shape.gridCols()));
    }

    /** Tokens of its window along one axis that a token meets, on average: windows at the border may be smaller. */
    private double inLine(int tokens) {
        int window = shape.traits().windowSide();
        int whole = tokens / window;
        int rest = tokens % window;
        return ((double) whole * window * window + (double) rest * rest) / tokens;
    }
}
