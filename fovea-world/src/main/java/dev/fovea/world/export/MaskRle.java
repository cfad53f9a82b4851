package dev.fovea.world.export;

import java.util.ArrayList;
import java.util.List;

/**
 * Masks as run lengths, in COCO's uncompressed form: pixels are read column by column from the top left, and the counts
 * alternate between pixels outside and inside, beginning with those outside (0 if the first pixel is inside).
 */
public final class MaskRle {
    private MaskRle() {}

    /** The counts of a mask given row by row, {@code width × height}. */
    public static List<Integer> encode(boolean[] mask, int width, int height) {
        check(mask.length, width, height);
        List<Integer> counts = new ArrayList<>();
        boolean inside = false;
        int run = 0;
        for (int x = 0; x < width; x++) {
            for (int y = 0; y < height; y++) {
                if (mask[y * width + x] != inside) {
                    counts.add(run);
                    run = 0;
                    inside = !inside;
                }
                run++;
            }
        }
        counts.add(run);
        return counts;
    }

    /** The mask, row by row, of counts made by {@link #encode}. */
    public static boolean[] decode(List<Integer> counts, int width, int height) {
        check(counts.stream().mapToInt(i -> i).sum(), width, height);
        boolean[] mask = new boolean[width * height];
        int at = 0;
        boolean inside = false;
        for (int run : counts) {
            for (int i = 0; i < run; i++, at++) {
                mask[at % height * width + at / height] = inside;
            }
            inside = !inside;
        }
        return mask;
    }

    private static void check(int pixels, int width, int height) {
        if (pixels != width * height) {
            throw new IllegalArgumentException("The mask has " + pixels + " pixels but the picture has " + width + " × "
                    + height + "; give both from the same picture.");
        }
    }
}
