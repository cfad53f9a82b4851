package dev.fovea.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class AssignmentTest {

    /** Against every way there is. */
    @RepeatedTest(60)
    void nothingIsCheaper(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int rows = random.nextInt(1, 6);
        int columns = random.nextInt(1, 6);
        double[][] costs = new double[rows][columns];
        for (double[] row : costs) {
            Arrays.setAll(row, c -> random.nextInt(3) == 0 ? random.nextInt(3) : random.nextDouble(-1, 2));
        }
        int[] given = Assignment.of(costs);
        assertThat(given).hasSize(rows);
        assertThat(Arrays.stream(given).filter(c -> c >= 0).distinct().count())
                .isEqualTo(Arrays.stream(given).filter(c -> c >= 0).count())
                .isEqualTo(Math.min(rows, columns));
        double sum = 0;
        for (int r = 0; r < rows; r++) {
            sum += given[r] < 0 ? 0 : costs[r][given[r]];
        }
        assertThat(sum).isCloseTo(cheapest(costs, 0, new boolean[columns], Math.min(rows, columns)), within(1e-9));
    }

    private static double cheapest(double[][] costs, int row, boolean[] used, int left) {
        if (left == 0) {
            return 0;
        }
        if (row == costs.length) {
            return Double.POSITIVE_INFINITY;
        }
        double best = cheapest(costs, row + 1, used, left);
        for (int c = 0; c < used.length; c++) {
            if (!used[c]) {
                used[c] = true;
                best = Math.min(best, costs[row][c] + cheapest(costs, row + 1, used, left - 1));
                used[c] = false;
            }
        }
        return best;
    }

    @Test
    void nothingToGiveOrToTake() {
        assertThat(Assignment.of(new double[0][0])).isEmpty();
        assertThat(Assignment.of(new double[2][0])).containsExactly(-1, -1);
    }
}
