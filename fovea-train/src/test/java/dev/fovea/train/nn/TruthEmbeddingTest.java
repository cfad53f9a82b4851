package dev.fovea.train.nn;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TruthEmbeddingTest {

    @Test
    void anObjectInTheVeryMiddleIsAnObject() {
        float[] centres = {0, 0, 0, 0, -1.5f, 1.5f, 0, -0.6f};
        boolean[] objects = {true, false, true, true};
        // Columns are rows 0 to 3 of the table, rows are 4 to 7; the last of each is "no object".
        assertThat(TruthEmbedding.cells(centres, objects)).containsExactly(1, 5, 3, 7, 0, 6, 1, 4);
    }
}
