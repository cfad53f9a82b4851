package dev.fovea.train.data;

import dev.fovea.world.PatchLabels;
import dev.fovea.world.Picture;
import java.util.Arrays;

/**
 * The exact truth of a run of patches, as arrays ready for tensors. Every patch belongs to at most one object: the one
 * whose visible centre it holds, otherwise the one that owns most of it.
 *
 * @param weight per patch: how much its object's attributes count; the patches of one object add up to 1
 * @param shape class 0..10, meaningful where weight is positive
 * @param offset {@code [patches * 2]}: to the object's visible centre, in patches
 * @param place {@code [patches * 2]}: the object's visible centre in the picture, -1.5 (left, top) to 1.5
 * @param column of the patch in the picture
 * @param row of the patch in the picture
 * @param object 1 where an object covers the patch, else 0
 * @param centre 1 where an object's visible centre lies in the patch, else 0
 * @param mask {@code [patches * cells]}: share of covered pixels in each cell of the patch
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers for tensors; never compared
public record PatchTruth(
        float[] weight,
        int[] shape,
        int[] colour,
        int[] size,
        int[] texture,
        int[] text,
        float[] offset,
        float[] place,
        int[] column,
        int[] row,
        float[] object,
        float[] centre,
        float[] mask) {
    /** Cells of a patch along one side of the mask. */
    public static final int CELLS = 7;

    /** Parts of a picture's side in which places are told. */
    public static final int THIRDS = 3;

    /** Share of an object's weight that lies on the patch with its centre. */
    private static final float CENTRE_SHARE = 0.5f;

    /**
     * The truth of chosen patches.
     *
     * @param labels of the whole picture
     * @param picture the picture
     * @param patch side of a patch in pixels
     * @param chosen raster indices of the patches
     * @param counted per object: whether its attributes count (false for objects that a window cuts off)
     */
    public static PatchTruth of(PatchLabels labels, Picture picture, int patch, int[] chosen, boolean[] counted) {
        int n = chosen.length;
        PatchTruth truth = new PatchTruth(
                new float[n],
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                new float[2 * n],
                new float[2 * n],
                new int[n],
                new int[n],
                new float[n],
                new float[n],
                new float[n * CELLS * CELLS]);
        int[] patchesOf = new int[counted.length];
        for (int p : chosen) {
            int object = objectOf(labels, p);
            if (object >= 0) {
                patchesOf[object]++;
            }
        }
        for (int i = 0; i < n; i++) {
            truth.column[i] = chosen[i] % labels.columns();
            truth.row[i] = chosen[i] / labels.columns();
            truth.fill(i, labels, chosen[i], patchesOf, counted);
            truth.cover(i, picture, patch, chosen[i] / labels.columns(), chosen[i] % labels.columns());
        }
        return truth;
    }

    /** The object a patch belongs to, or -1. */
    public static int objectOf(PatchLabels labels, int patch) {
        return labels.centre()[patch] >= 0 ? labels.centre()[patch] : labels.owner()[patch];
    }

    /** Which third of the picture each object's centre lies in: 0 left, 1 middle, 2 right. */
    public int[] thirdOfWidth() {
        return thirds(0);
    }

    /** Which third of the picture each object's centre lies in: 0 top, 1 middle, 2 bottom. */
    public int[] thirdOfHeight() {
        return thirds(1);
    }

    private int[] thirds(int axis) {
        int[] out = new int[weight.length];
        Arrays.setAll(out, i -> Math.clamp((int) Math.floor(place[2 * i + axis] + THIRDS / 2f), 0, THIRDS - 1));
        return out;
    }

    private void fill(int i, PatchLabels labels, int p, int[] patchesOf, boolean[] counted) {
        int o = objectOf(labels, p);
        if (o < 0) {
            return;
        }
        boolean middle = labels.centre()[p] >= 0;
        int source = ownPatch(labels, o, p);
        object[i] = labels.owner()[p] >= 0 ? 1 : 0;
        centre[i] = middle ? 1 : 0;
        if (!counted[o] || labels.owner()[source] != o) {
            return;
        }
        weight[i] = (1 - CENTRE_SHARE) / patchesOf[o] + (middle ? CENTRE_SHARE : 0);
        shape[i] = labels.shape()[source] - 1;
        colour[i] = labels.colour()[source] - 1;
        size[i] = labels.size()[source] - 1;
        texture[i] = labels.texture()[source] - 1;
        text[i] = labels.text()[source];
        int columns = labels.columns();
        offset[2 * i] = labels.dx()[source] + source % columns - p % columns;
        offset[2 * i + 1] = labels.dy()[source] + source / columns - p / columns;
        place[2 * i] = (column[i] + 0.5f + offset[2 * i]) * THIRDS / columns - THIRDS / 2f;
        place[2 * i + 1] = (row[i] + 0.5f + offset[2 * i + 1]) * THIRDS / columns - THIRDS / 2f;
    }

    /**
     * A patch that the object owns (the centre of a ring, say, is not its own): {@code patch} itself if it does,
     * otherwise the first one, otherwise {@code patch} all the same.
     */
    public static int ownPatch(PatchLabels labels, int object, int patch) {
        int[] owner = labels.owner();
        if (owner[patch] == object) {
            return patch;
        }
        for (int p = 0; p < owner.length; p++) {
            if (owner[p] == object) {
                return p;
            }
        }
        return patch;
    }

    private void cover(int i, Picture picture, int patch, int row, int col) {
        int side = patch / CELLS;
        float unit = 1f / (side * side);
        for (int y = 0; y < CELLS * side; y++) {
            int from = (row * patch + y) * picture.width() + col * patch;
            int to = (i * CELLS + y / side) * CELLS;
            for (int x = 0; x < CELLS * side; x++) {
                if (picture.owner()[from + x] >= 0) {
                    mask[to + x / side] += unit;
                }
            }
        }
    }
}
