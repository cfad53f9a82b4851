package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Layout;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.primitives.BipartiteMatching;
import java.util.Arrays;

/**
 * How many tokens each encoder block merges away (ToMe, section 4.1 and its schedules).
 *
 * @param perBlock tokens that every used block is asked to merge away
 * @param target what no block goes below
 * @param floor a block that sees fewer tokens does nothing
 * @param classToken whether the encoder has one
 */
@SuppressWarnings("ArrayRecordComponent")
record MergeSchedule(int[] perBlock, Budget target, int floor, boolean classToken) {

    /**
     * The schedule of the knobs {@code r} and {@code inflection}: with an explicit {@code r} the official one, whose
     * slope runs over all blocks of the encoder, of which a model may use fewer; else the one that meets the budget in
     * the used blocks.
     *
     * @throws IllegalArgumentException if the budget cannot be met
     */
    static MergeSchedule of(String id, ModelShape shape, Budget budget, Knobs knobs, int floor) {
        int used = shape.featureLayers();
        double inflection = knobs.number("inflection");
        if (knobs.isAuto("r")) {
            int target = budget.of(shape.patches());
            int[] perBlock = toReach(id, shape.patches(), shape.hasCls(), target, inflection, used, floor);
            return new MergeSchedule(perBlock, budget, floor, shape.hasCls());
        }
        int[] official = perBlock(knobs.integer("r"), inflection, shape.encoderLayers());
        return new MergeSchedule(Arrays.copyOf(official, used), Budget.count(1), floor, shape.hasCls());
    }

    /** What a block really removes of what it sees. */
    int removed(int block, Layout layout) {
        int present = layout.visualCount();
        return removed(present, classToken, Math.min(perBlock[block], present - target.of(layout.total())), floor);
    }

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
        double step = blocks == 1 ? 0 : (2.0 * r - 2 * first) / (blocks - 1);
        for (int i = 0; i < blocks; i++) {
            out[i] = blocks == 1 ? r : (int) (first + step * i);
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
