package dev.fovea.core.overlay;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Which colour each merged group is outlined in: groups that touch, also at a corner, get different ones. Seven colours
 * of the palette of Okabe and Ito that tell apart with any colour vision, each as a whole and as a broken line.
 */
final class GroupColours {
    private static final int[] PALETTE = {0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0xD55E00, 0xCC79A7, 0x0072B2};

    /** An outline. */
    record Pen(int rgb, boolean broken) {}

    private GroupColours() {}

    /**
     * A pen for every group.
     *
     * @param group the group of each cell of the grid, row by row, or -1
     * @param groups how many groups there are
     */
    static List<Pen> assign(int[] group, int rows, int cols, int groups) {
        List<Set<Integer>> touching = touching(group, rows, cols, groups);
        int pens = 2 * PALETTE.length;
        int[] pen = new int[groups];
        Arrays.fill(pen, -1);
        int[] used = new int[pens];
        IntStream.range(0, groups)
                .boxed()
                .sorted(Comparator.comparingInt((Integer g) -> -touching.get(g).size())
                        .thenComparing(g -> g))
                .forEach(g -> {
                    pen[g] = choose(touching.get(g), pen, used);
                    used[pen[g]]++;
                });
        List<Pen> out = new ArrayList<>();
        for (int p : pen) {
            out.add(new Pen(PALETTE[p % PALETTE.length], p >= PALETTE.length));
        }
        return out;
    }

    /**
     * The pen with fewest neighbours of that pen (none, unless a group has more neighbours than there are pens); whole
     * lines before broken ones, then the one used least.
     */
    private static int choose(Set<Integer> neighbours, int[] pen, int[] used) {
        int[] clashes = new int[used.length];
        for (int n : neighbours) {
            if (pen[n] >= 0) {
                clashes[pen[n]]++;
            }
        }
        int best = 0;
        for (int p = 1; p < used.length; p++) {
            boolean sameLine = (p < PALETTE.length) == (best < PALETTE.length);
            if (clashes[p] < clashes[best] || (clashes[p] == clashes[best] && sameLine && used[p] < used[best])) {
                best = p;
            }
        }
        return best;
    }

    private static List<Set<Integer>> touching(int[] group, int rows, int cols, int groups) {
        List<Set<Integer>> out = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            out.add(new TreeSet<>());
        }
        for (int row = 0; row < rows; row++) {
            for (int col = 0; col < cols; col++) {
                int here = group[row * cols + col];
                for (int[] step : new int[][] {{0, 1}, {1, -1}, {1, 0}, {1, 1}}) {
                    int r = row + step[0];
                    int c = col + step[1];
                    if (r < rows && c >= 0 && c < cols) {
                        link(out, here, group[r * cols + c]);
                    }
                }
            }
        }
        return out;
    }

    private static void link(List<Set<Integer>> touching, int a, int b) {
        if (a >= 0 && b >= 0 && a != b) {
            touching.get(a).add(b);
            touching.get(b).add(a);
        }
    }
}
