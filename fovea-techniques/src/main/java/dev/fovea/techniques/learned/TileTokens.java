package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.techniques.Shapes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * What the language model sees of a picture in AdaptVision (arXiv 2408.16986): a bracket, the place of the thumbnail and
 * all of its tokens, then of each tile its place and its tokens, several in one, and a bracket.
 *
 * @param width channels of a token
 * @param most tiles along a side
 * @param merge tokens of a tile that become one
 * @param places whether places stand before the tokens
 */
record TileTokens(int width, int most, int merge, boolean places) {
    /** Rows of the learned tokens: the brackets, the place of the thumbnail, those of tiles row by row. */
    private static final int OPEN = 0;

    private static final int CLOSE = 1;
    private static final int THUMBNAIL = 2;

    private static final String LEARNED = "places";
    private static final String MERGE = "merge";

    /** Declares the learned tokens and the layer that merges. */
    void declare(Declaration.Builder to) {
        to.normal(LEARNED, 0.02, THUMBNAIL + 1 + (long) most * most, width);
        to.mean(MERGE + ".weight", width, merge).constant(MERGE + ".bias", 0, width);
    }

    /** Multiplications and additions of the layer that merges, for an image of so many tokens. */
    long flops(int tokens) {
        return 2L * tokens * width * width;
    }

    /**
     * The tokens of one part of a picture.
     *
     * @param grid how many tiles the picture has
     * @throws IllegalArgumentException with one sentence if a tile has no whole groups of tokens
     */
    Decision of(Part part, TileGrid grid, Signals signals, Signal.Projected projected, Weights own) {
        Layout layout = signals.layout();
        Shapes.requireWholeGrid(layout, "adaptvision-scaling");
        return switch (part) {
            case Part.Overview ignored ->
                between(
                        List.of(OPEN, THUMBNAIL),
                        1,
                        grid.tiles() == 0 ? List.of(CLOSE) : List.of(),
                        signals,
                        projected,
                        own);
            case Part.Tile tile -> {
                boolean last = tile.row() == grid.rows() - 1 && tile.column() == grid.cols() - 1;
                int place = THUMBNAIL + 1 + tile.row() * most + tile.column();
                yield between(List.of(place), merge, last ? List.of(CLOSE) : List.of(), signals, projected, own);
            }
            case Part.Whole ignored -> new Decision.Unchanged();
            case Part.Frame ignored -> new Decision.Unchanged();
        };
    }

    /** The tokens of an image, so many in one, between learned ones that stand at no place of the picture. */
    private Decision between(
            List<Integer> before,
            int group,
            List<Integer> after,
            Signals signals,
            Signal.Projected projected,
            Weights own) {
        int n = signals.layout().visualCount();
        if (n % group != 0) {
            throw new IllegalArgumentException("Technique 'adaptvision-scaling' merges " + group
                    + " tokens of a tile into one, but a tile of this model has " + n
                    + "; set its knob 'merge' to a divisor of"
                    + " that.");
        }
        Tensor tokens = signals.tensor(projected);
        Tensor learned = own.tensor(LEARNED, THUMBNAIL + 1 + (long) most * most, width);
        List<Tensor> rows = new ArrayList<>();
        before.stream().filter(this::stands).forEach(i -> rows.add(learned.narrow(0, i, 1)));
        int lead = rows.size();
        rows.add(group == 1 ? tokens : merged(tokens, group, own));
        after.forEach(i -> rows.add(learned.narrow(0, i, 1)));
        int[] anchors = new int[lead + n / group + after.size()];
        Arrays.fill(anchors, Decision.CLS);
        IntStream.range(0, n / group).forEach(i -> anchors[lead + i] = i * group);
        return new Decision.Resample(new TensorRows(Tensors.cat(0, rows.toArray(Tensor[]::new))), anchors);
    }

    private boolean stands(int learned) {
        return places || learned == OPEN || learned == CLOSE;
    }

    /** {@code [n, width] -> [n / group, width]}: those that follow each other stand side by side before the layer. */
    private Tensor merged(Tensor tokens, int group, Weights own) {
        long n = tokens.size(0) / group;
        return own.linear(MERGE, width, (long) group * width, true).forward(tokens.reshape(n, (long) group * width));
    }
}
