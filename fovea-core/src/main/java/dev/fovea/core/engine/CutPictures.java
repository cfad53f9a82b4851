package dev.fovea.core.engine;

import dev.fovea.core.model.connector.Grouping;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * Pictures of one size that were cut into patches, of which some may be missing: windows, pictures with dropped patches.
 *
 * @param patches {@code [pictures, patches, channels * frames * size * size]}, normalised; the patches of a visual token
 *     beside each other
 * @param tokens {@code [pictures * tokens]}: the cell of each visual token, counted row by row
 * @param rows of the grid of visual tokens
 * @param cols of the grid of visual tokens
 * @param prefix whether class token and registers stand before them; without, a picture is patches alone
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one pass; never compared
public record CutPictures(Tensor patches, int[] tokens, int rows, int cols, boolean prefix) {

    int count() {
        return (int) patches.size(0);
    }

    /** The cells of one picture. */
    int[] cells(int picture) {
        int n = tokens.length / count();
        return Arrays.copyOfRange(tokens, picture * n, (picture + 1) * n);
    }

    /** Where each patch stands in the grid of patches. */
    int[] patchCells(Grouping grouping) {
        if (grouping.side() == 1) {
            return tokens;
        }
        int[] order = grouping.order(rows * grouping.side(), cols * grouping.side());
        int per = grouping.patches();
        int[] out = new int[tokens.length * per];
        Arrays.setAll(out, i -> order[tokens[i / per] * per + i % per]);
        return out;
    }

    /** A picture under no plan, of which no step will ask anything. */
    ImageInput input(int picture) {
        return new ImageInput(patches, () -> patches, "image" + picture + ".", PlanRun.plain());
    }
}
