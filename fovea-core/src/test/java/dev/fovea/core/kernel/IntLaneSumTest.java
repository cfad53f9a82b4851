package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import jdk.incubator.vector.IntVector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntLaneSumTest {
    private static final int LANES = IntVector.SPECIES_PREFERRED.length();

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 15, 16, 17, 31, 32, 100})
    void equalsPlainLoops(int rows) {
        int[] lanes = new Random(rows).ints((long) LaneRoom.ROWS * LANES).toArray();
        int[] sums = new Random(31).ints(rows + 3).toArray();
        int[] expected = sums.clone();
        for (int r = 0; r < rows; r++) {
            expected[r + 2] += 5;
            for (int lane = 0; lane < LANES; lane++) {
                expected[r + 2] += lanes[r * LANES + lane];
            }
        }
        IntLaneSum.ofRows(lanes, rows, 5, sums, 2);
        assertThat(sums).isEqualTo(expected);
    }
}
