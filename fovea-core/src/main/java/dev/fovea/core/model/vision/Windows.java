package dev.fovea.core.model.vision;

import java.util.Set;

/**
 * Which blocks attend inside square windows of the picture only, and how large these are.
 *
 * @param pixels side of a window, or 0 where every block sees the whole picture
 * @param global blocks that see the whole picture all the same, from 0
 */
public record Windows(int pixels, Set<Integer> global) {
    public Windows {
        global = Set.copyOf(global);
    }

    /** Every block sees the whole picture. */
    public static Windows none() {
        return new Windows(0, Set.of());
    }

    /** Whether a block attends inside windows. */
    public boolean in(int layer) {
        return pixels > 0 && !global.contains(layer);
    }
}
