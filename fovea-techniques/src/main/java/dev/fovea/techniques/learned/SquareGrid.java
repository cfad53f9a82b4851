package dev.fovea.techniques.learned;

import dev.fovea.core.path.Layout;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Shapes;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The square grid of features that the weights of a technique are made for: as large as its knob {@code side} says, or as
 * the smaller side of a model's own grid.
 *
 * @param technique for messages
 * @param side cells along each side
 * @param width channels of a cell's features
 */
record SquareGrid(String technique, int side, int width) {

    /** That of a model. */
    static SquareGrid of(String technique, ModelShape shape, Knobs knobs) {
        int side = knobs.integer("side", Math.min(shape.gridRows(), shape.gridCols()));
        return new SquareGrid(technique, side, featureWidth(shape));
    }

    /** Channels of the features that a model's connector reads of a token. */
    static int featureWidth(ModelShape shape) {
        int read = shape.traits().connectorInputs();
        return read > 0 && shape.traits().side() == 1 ? read : shape.encoderWidth();
    }

    /** Refuses features of other channels than a technique was made for. */
    static void requireWidth(String technique, Tensor features, int width) {
        if (features.size(1) != width) {
            throw new IllegalArgumentException("Technique '" + technique + "' was made for features of " + width
                    + " channels, and this model's have " + features.size(1) + "; use it with another model.");
        }
    }

    int cells() {
        return side * side;
    }

    /** Refuses weights that were made for another grid, by the name of one that only those for this grid have. */
    void require(boolean made) {
        if (!made) {
            throw new IllegalArgumentException(
                    "The weights of technique '" + technique + "' are not for a grid of " + side + " x " + side
                            + " tokens; set its knob 'side' to that of the grid that they were made for.");
        }
    }

    /**
     * Features as a map; those of a grid of another size are averaged to it.
     *
     * @param features {@code [cells of the picture, width]}, row by row
     * @param layout of the picture
     * @return {@code [1, width, side, side]}
     */
    Tensor of(Tensor features, Layout layout) {
        Shapes.requireWholeGrid(layout, technique);
        requireWidth(technique, features, width);
        Tensor map = features.t().reshape(1, width, layout.rows(), layout.cols());
        boolean own = layout.rows() == side && layout.cols() == side;
        return own ? map : torch.adaptive_avg_pool2d(map, side, side);
    }
}
