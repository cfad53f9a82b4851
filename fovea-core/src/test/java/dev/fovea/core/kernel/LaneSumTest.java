package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaneSumTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8, 16, 32, 64})
    void addsTheUpperHalfToTheLowerUntilOneIsLeft(int count) {
        Random random = new Random(count);
        float[] lanes = new float[count + 3];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = (float) random.nextGaussian() * (1 << random.nextInt(20));
        }
        float[] before = lanes.clone();

        assertThat(LaneSum.of(lanes, 2, count)).isEqualTo(halves(lanes, 2, count));
        assertThat(lanes).as("left as they were").isEqualTo(before);
    }

    @Test
    void theOrderShows() {
        float[] lanes = {1e8f, 1, -1e8f, 1};

        assertThat(LaneSum.of(lanes, 0, 4)).isEqualTo(2);
        assertThat(((lanes[0] + lanes[1]) + lanes[2]) + lanes[3]).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 15, 16, 17, 31, 32, 72})
    void manyRowsAreSummedInTheSameOrder(int rows) {
        int width = FloatVector.SPECIES_PREFERRED.length();
        Random random = new Random(rows);
        float[] lanes = new float[2 + (rows + 15) / 16 * 16 * width];
        float[] expected = new float[rows + 2];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = (float) random.nextGaussian() * (1 << random.nextInt(20));
        }
        for (int r = 0; r < rows; r++) {
            expected[r + 1] = halves(lanes, 2 + r * width, width);
        }
        float[] sums = new float[rows + 2];

        LaneSum.ofRows(lanes, 2, rows, sums, 1);

        assertThat(sums).isEqualTo(expected);
    }

    @Test
    void sumsAVector() {
        float[] ones = new float[FloatVector.SPECIES_PREFERRED.length()];
        Arrays.fill(ones, 1.5f);

        LaneSum sum = new LaneSum(ones.length);

        assertThat(sum.of(FloatVector.fromArray(FloatVector.SPECIES_PREFERRED, ones, 0)))
                .isEqualTo(1.5f * ones.length);
    }

    /** The definition, element by element. */
    private static float halves(float[] lanes, int at, int count) {
        return count == 1 ? lanes[at] : halves(sums(lanes, at, count / 2), 0, count / 2);
    }

    private static float[] sums(float[] lanes, int at, int half) {
        float[] sums = new float[half];
        for (int i = 0; i < half; i++) {
            sums[i] = lanes[at + i] + lanes[at + half + i];
        }
        return sums;
    }
}
