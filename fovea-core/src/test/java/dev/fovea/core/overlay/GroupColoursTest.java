package dev.fovea.core.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class GroupColoursTest {

    @RepeatedTest(100)
    void groupsThatTouchDiffer(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        // Blobs around random seeds, as clustering and pooling leave them.
        int side = random.nextInt(2, 25);
        int groups = Math.max(2, side * side / 6);
        int[] group = blobs(side, groups, random);
        List<GroupColours.Pen> pens = GroupColours.assign(group, side, side, groups);
        for (int row = 0; row < side; row++) {
            for (int col = 0; col + 1 < side; col++) {
                assertDiffer(group, pens, row * side + col, row * side + col + 1);
                assertDiffer(group, pens, col * side + row, (col + 1) * side + row);
            }
        }
    }

    @Test
    void aFewGroupsGetWholeLinesOfDifferentColours() {
        List<GroupColours.Pen> pens = GroupColours.assign(new int[] {0, -1, 1, -1, 2, -1, 3}, 1, 7, 4);
        assertThat(pens).noneMatch(GroupColours.Pen::broken);
        assertThat(new HashSet<>(pens)).hasSize(4);
    }

    private static void assertDiffer(int[] group, List<GroupColours.Pen> pens, int a, int b) {
        if (group[a] != group[b]) {
            assertThat(pens.get(group[a])).isNotEqualTo(pens.get(group[b]));
        }
    }

    private static int[] blobs(int side, int groups, SplittableRandom random) {
        int[] at = random.ints(groups, 0, side * side).toArray();
        int[] group = new int[side * side];
        for (int i = 0; i < group.length; i++) {
            int best = 0;
            for (int g = 1; g < groups; g++) {
                if (distance(i, at[g], side) < distance(i, at[best], side)) {
                    best = g;
                }
            }
            group[i] = best;
        }
        return group;
    }

    private static int distance(int a, int b, int side) {
        int rows = a / side - b / side;
        int cols = a % side - b % side;
        return rows * rows + cols * cols;
    }
}
