package dev.fovea.core.path;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MatrixTest {
    @Test
    void aRowOfLengthOneIsACopy() {
        Matrix matrix = Matrix.of(new float[] {3, 4}, new float[] {-1e-20f, 0}, new float[] {0, 3e20f});
        assertThat(matrix.unitRow(0)).containsExactly(0.6f, 0.8f);
        // Squares of these are beyond f32.
        assertThat(matrix.unitRow(1)).containsExactly(-1, 0);
        assertThat(matrix.unitRow(2)).containsExactly(0, 1);
        assertThat(matrix.row(0)).containsExactly(3, 4);
    }
}
