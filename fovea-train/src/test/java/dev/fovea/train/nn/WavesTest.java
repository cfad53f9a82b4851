package dev.fovea.train.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WavesTest {

    @Test
    void columnsFillTheFirstHalfOfAVectorAndRowsTheSecond() {
        float[] out = new float[(1 + 9) * 8];
        Waves.fill(out, 3, 0.5);
        for (int i = 0; i < 8; i++) {
            assertThat(out[i]).as("leading token").isZero();
        }
        // Cell (row 2, column 1): wavelengths of 2π and 100 * 2π, sines before cosines.
        int at = (1 + 2 * 3 + 1) * 8;
        double[] expected = {
            Math.sin(1),
            Math.sin(0.01),
            Math.cos(1),
            Math.cos(0.01),
            Math.sin(2),
            Math.sin(0.02),
            Math.cos(2),
            Math.cos(0.02)
        };
        for (int i = 0; i < 8; i++) {
            assertThat((double) out[at + i]).isCloseTo(0.5 * expected[i], within(1e-6));
        }
    }
}
