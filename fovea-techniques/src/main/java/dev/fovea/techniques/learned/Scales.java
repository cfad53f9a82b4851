package dev.fovea.techniques.learned;

import java.util.ArrayList;
import java.util.List;

/** The nested scales of Matryoshka Multimodal Models (arXiv 2405.17430, section 3): which kernels pool a grid. */
final class Scales {
    private Scales() {}

    /**
     * The chain of kernels by which a grid is pooled again and again, each time by the smallest factor of what is left:
     * 1, 2, 4, 8, 24 for 24 x 24 tokens. Kernels divide both sides.
     */
    static List<Integer> nested(int rows, int cols) {
        List<Integer> kernels = new ArrayList<>(List.of(1));
        int left = divisor(rows, cols);
        while (left > 1) {
            int factor = 2;
            while (left % factor != 0) {
                factor++;
            }
            left /= factor;
            kernels.add(kernels.getLast() * factor);
        }
        return kernels;
    }

    /** Every kernel that divides both sides of a grid. */
    static List<Integer> all(int rows, int cols) {
        List<Integer> kernels = new ArrayList<>();
        for (int k = 1; k <= divisor(rows, cols); k++) {
            if (rows % k == 0 && cols % k == 0) {
                kernels.add(k);
            }
        }
        return kernels;
    }

    /** The first of these kernels that leaves no more than so many tokens; the largest if none does. */
    static int fitting(List<Integer> kernels, int rows, int cols, int tokens) {
        return kernels.stream()
                .filter(k -> (rows / k) * (cols / k) <= tokens)
                .findFirst()
                .orElse(kernels.getLast());
    }

    /** The official rule, {@code trunc(sqrt(tokens / s))}: 100 of 576 tokens are 144, 256 are all of them. */
    static int official(int rows, int cols, int s) {
        return Math.max(1, (int) Math.sqrt((double) rows * cols / s));
    }

    private static int divisor(int a, int b) {
        return b == 0 ? a : divisor(b, a % b);
    }
}
