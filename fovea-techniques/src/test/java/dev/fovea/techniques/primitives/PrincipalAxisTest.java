package dev.fovea.techniques.primitives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Matrix;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PrincipalAxisTest {
    private static final Matrix ROWS =
            Matrix.of(new float[] {2, .1f}, new float[] {1.8f, -.1f}, new float[] {2.2f, 0}, new float[] {1.9f, .2f});

    @Test
    void workedNumbers() {
        assertThat(PrincipalAxis.of(ROWS, 0, 2)).containsExactly(new float[] {.9915f, .1299f}, offset(1e-4f));
        assertThat(PrincipalAxis.mean(ROWS, 0, 2)).containsExactly(new double[] {1.975, .05}, offset(1e-6));
    }

    /** The sign is that of the mean: the axis of the opposite rows is the opposite one. */
    @Test
    void pointsWhereTheMeanPoints() {
        float[] opposite = new float[ROWS.data().length];
        for (int i = 0; i < opposite.length; i++) {
            opposite[i] = -ROWS.data()[i];
        }
        assertThat(PrincipalAxis.of(new Matrix(4, 2, opposite), 0, 2))
                .containsExactly(new float[] {-.9915f, -.1299f}, offset(1e-4f));
        Matrix balanced = Matrix.of(new float[] {-3, 1}, new float[] {3, -1});
        assertThat(PrincipalAxis.of(balanced, 0, 2))
                .as("where the mean says nothing the largest entry is positive")
                .containsExactly(new float[] {.9487f, -.3162f}, offset(1e-4f));
    }

    @Test
    void rowsThatDoNotDiffer() {
        Matrix same = Matrix.of(new float[] {3, 4}, new float[] {3, 4});
        assertThat(PrincipalAxis.of(same, 0, 2)).containsExactly(new float[] {.6f, .8f}, offset(1e-6f));
        assertThat(PrincipalAxis.of(Matrix.of(new float[] {0, 2}), 0, 2)).containsExactly(0, 1);
        assertThat(PrincipalAxis.of(new Matrix(3, 2, new float[6]), 0, 2)).containsExactly(0, 0);
    }

    /** No other direction holds more of the variance, and columns beside the ones asked for play no part. */
    @Test
    void holdsMostOfTheVariance() {
        SplittableRandom random = new SplittableRandom(5);
        int n = 30;
        int width = 12;
        float[] data = new float[n * width];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) (random.nextGaussian() * (1 + i % width) + 1);
        }
        Matrix rows = new Matrix(n, width, data);
        float[] axis = PrincipalAxis.of(rows, 2, 9);
        assertThat(length(axis)).isCloseTo(1, offset(1e-6));
        double most = variance(rows, axis);
        for (int i = 0; i < 200; i++) {
            float[] other = new float[9];
            for (int c = 0; c < 9; c++) {
                other[c] = (float) (axis[c] + random.nextGaussian() * 0.1);
            }
            assertThat(variance(rows, other) / (length(other) * length(other))).isLessThanOrEqualTo(most + 1e-6);
        }
    }

    private static double variance(Matrix rows, float[] axis) {
        double sum = 0;
        double squares = 0;
        for (int r = 0; r < rows.rows(); r++) {
            double along = 0;
            for (int c = 0; c < axis.length; c++) {
                along += axis[c] * rows.get(r, c + 2);
            }
            sum += along;
            squares += along * along;
        }
        return squares / rows.rows() - sum * sum / rows.rows() / rows.rows();
    }

    private static double length(float[] v) {
        double sum = 0;
        for (float x : v) {
            sum += x * x;
        }
        return Math.sqrt(sum);
    }
}
