package dev.fovea.techniques;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.shape.ModelShape;
import java.util.Arrays;
import java.util.stream.IntStream;

/** What techniques ask of a model's shape, with the sentences people read when it is not there. */
public final class Shapes {
    private Shapes() {}

    /** The whole grid must be present: nothing may have been dropped or merged before. */
    public static void requireWholeGrid(Layout layout, String id) {
        if (layout.visualCount() != layout.rows() * layout.cols()) {
            throw new IllegalArgumentException("Technique '" + id + "' needs the whole grid of " + layout.rows() + " x "
                    + layout.cols() + " tokens, but an earlier technique left " + layout.visualCount()
                    + "; use them apart.");
        }
    }

    /** To which image each visual token of a prompt belongs; a token of no place in a picture goes with those before it. */
    public static int[] imageOf(Layout layout) {
        int[] images = new int[layout.visualCount()];
        int image = 0;
        for (int v = 0; v < images.length; v++) {
            while (image + 1 < layout.images() && layout.cells()[v] >= layout.firstCell(image + 1)) {
                image++;
            }
            images[v] = image;
        }
        return images;
    }

    /** The visual tokens of each image of a prompt, ascending: {@code [images][]}. */
    public static int[][] byImage(Layout layout) {
        int[] imageOf = imageOf(layout);
        int[][] tokens = new int[layout.images()][];
        for (int image = 0; image < tokens.length; image++) {
            int here = image;
            tokens[image] = IntStream.range(0, imageOf.length)
                    .filter(v -> imageOf[v] == here)
                    .toArray();
        }
        return tokens;
    }

    /**
     * How much the encoder looks at each patch in a layer: the CLS query's attention, or in an encoder without a class
     * token the attention received on average from all patches.
     *
     * @param layer counted from 0
     */
    public static Signal.EncoderAttention saliency(ModelShape shape, int layer, Heads heads) {
        return new Signal.EncoderAttention(layer, shape.hasCls() ? EncoderQueries.CLS : EncoderQueries.PATCHES, heads);
    }

    /** Rows of a CLS-first encoder matrix that belong to patches start here. */
    public static int firstPatch(ModelShape shape) {
        return shape.hasCls() ? 1 : 0;
    }

    /** The patch rows of a CLS-first encoder matrix. */
    public static Matrix patchRows(ModelShape shape, Matrix m) {
        if (!shape.hasCls()) {
            return m;
        }
        float[] rows = Arrays.copyOfRange(m.data(), m.cols(), m.data().length);
        return new Matrix(m.rows() - 1, m.cols(), rows);
    }
}
