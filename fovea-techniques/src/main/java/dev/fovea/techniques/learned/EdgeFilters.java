package dev.fovea.techniques.learned;

import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Filtered pixels that nothing is learned of, in the place of the first stage of a network for edges: how much each colour
 * rises and falls from a pixel to four of its neighbours, at most in each square, and the mean of each colour there.
 */
final class EdgeFilters {
    /** Side of a square of pixels. */
    static final int CELL = 4;

    /** Three colours rising and falling in four directions, their means, and one that is 1 everywhere. */
    static final int CHANNELS = 2 * 4 * 3 + 3 + 1;

    private static final int[][] NEIGHBOURS = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};

    private EdgeFilters() {}

    /**
     * {@code [3, height, width] -> [28, height / 4, width / 4]}; what is left over at the right and the bottom is dropped.
     *
     * @param picture from 0 to 1
     */
    static Tensor of(Tensor picture) {
        List<Tensor> maps = new ArrayList<>();
        for (int[] n : NEIGHBOURS) {
            Tensor step = moved(picture, n[0], n[1]).sub(picture);
            maps.add(most(torch.relu(step)));
            maps.add(most(torch.relu(step.neg())));
        }
        Tensor mean = cells(picture).mean(new long[] {2, 4}, false, new ScalarTypeOptional());
        maps.add(mean);
        maps.add(torch.ones_like(mean.narrow(0, 0, 1)));
        return Tensors.cat(0, maps.toArray(Tensor[]::new));
    }

    /** What stands at a neighbour of each pixel; outside it is as at the edge. */
    private static Tensor moved(Tensor picture, int down, int right) {
        int height = (int) picture.size(1);
        int width = (int) picture.size(2);
        return picture.index_select(1, Tensors.indices(shifted(height, down)))
                .index_select(2, Tensors.indices(shifted(width, right)));
    }

    private static int[] shifted(int length, int by) {
        int[] at = new int[length];
        for (int i = 0; i < length; i++) {
            at[i] = Math.clamp(i + (long) by, 0, length - 1);
        }
        return at;
    }

    /** {@code [3, height, width] -> [3, rows, 4, columns, 4]}. */
    private static Tensor cells(Tensor picture) {
        long rows = picture.size(1) / CELL;
        long columns = picture.size(2) / CELL;
        return picture.narrow(1, 0, rows * CELL)
                .narrow(2, 0, columns * CELL)
                .reshape(picture.size(0), rows, CELL, columns, CELL);
    }

    private static Tensor most(Tensor picture) {
        return cells(picture).amax(new long[] {2, 4}, false);
    }
}
