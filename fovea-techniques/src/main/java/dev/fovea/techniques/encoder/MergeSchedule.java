package dev.fovea.techniques.encoder;

import dev.fovea.techniques.primitives.BipartiteMatching;

/** How many tokens each encoder block merges away (ToMe, section 4.1 and its schedules). */
final class MergeSchedule {
    private MergeSchedule() {}

    /**
     * {@code r} per block on average, changing linearly: block {@code i} of {@code blocks} removes
     * {@code int(min + i * (max - min) / (blocks - 1))} with {@code min = int(r * (1 - inflection))} and
     * {@code max = 2r - min}.
     *
     * @param inflection 0 for constant, -1 for falling from {@code 2r} to 0
     */
    static int[] perBlock(int r, double inflection, int blocks) {
        int[] out = new int[blocks];
        int first = (int) (r * (1 - inflection));
        int last = 2 * r - first;
        for (int i = 0; i < blocks; i++) {
            out[i] = blocks == 1 ? r : (int) (first + (double) i * (last - first) / (blocks - 1));
        }
        return out;
    }

    /** Tokens left after all blocks, which remove at most half of what they see and nothing below the floor. */
    static int left(int patches, boolean classToken, int[] perBlock, int floor) {
        int n = patches;
        for (int r : perBlock) {
            n -= removed(n, classToken, r, floor);
        }
        return n;
    }

    /** What one block really removes of {@code patches}; a block that sees fewer tokens than the floor does nothing. */
    static int removed(int patches, boolean classToken, int r, int floor) {
        int tokens = patches + (classToken ? 1 : 0);
        return tokens < floor ? 0 : BipartiteMatching.removable(tokens, classToken, r);
    }

    /**
     * The schedule with the smallest {@code r} that leaves at most {@code target} tokens.
     *
     * @throws IllegalArgumentException if halving in every block is not enough
     */
    static int[] toReach(
            String id, int patches, boolean classToken, int target, double inflection, int blocks, int floor) {
        for (int r = 1; r <= patches; r++) {
            int[] schedule = perBlock(r, inflection, blocks);
            if (left(patches, classToken, schedule, floor) <= target) {
                return schedule;
            }
        }
        int least = left(patches, classToken, perBlock(patches, inflection, blocks), floor);
        throw new IllegalArgumentException("Technique '" + id + "' cannot merge " + patches + " tokens into " + target
                + ": a block merges at most half of them, which leaves " + least + " after " + blocks
                + " blocks; give a budget of at least " + least + ".");
    }
}
