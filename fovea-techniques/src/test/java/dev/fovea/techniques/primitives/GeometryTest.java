package dev.fovea.techniques.primitives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class GeometryTest {
    @Test
    void stridedGridOfFeather() {
        assertThat(UniformGrid.strided(4, 4, 3)).containsExactly(0, 3, 12, 15);
        assertThat(UniformGrid.strided(27, 27, 3)).hasSize(81);
        assertThat(UniformGrid.strided(2, 3, 1)).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void latticeOfExactSize() {
        assertThat(UniformGrid.ofCount(4, 4, 4)).containsExactly(5, 7, 13, 15);
        assertThat(UniformGrid.ofCount(4, 4, 1)).containsExactly(10);
        assertThat(UniformGrid.ofCount(24, 24, 576)).hasSize(576);
    }

    @RepeatedTest(200)
    void everyCountIsMet(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int rows = random.nextInt(1, 21);
        int cols = random.nextInt(1, 21);
        int count = 1 + random.nextInt(rows * cols);
        int[] cells = UniformGrid.ofCount(rows, cols, count);
        assertThat(cells).hasSize(count).doesNotHaveDuplicates().isSorted();
        assertThat(cells[0]).isNotNegative();
        assertThat(cells[count - 1]).isLessThan(rows * cols);
    }

    @Test
    void poolingExampleOfMatryoshka() {
        float[] values = new float[16];
        for (int i = 0; i < 16; i++) {
            values[i] = i;
        }
        Matrix map = new Matrix(16, 1, values);
        Matrix two = AveragePooling.pool(map, 4, 4, 2);
        assertThat(two.data()).containsExactly(2.5f, 4.5f, 10.5f, 12.5f);
        assertThat(AveragePooling.pool(map, 4, 4, 4).data()).containsExactly(7.5f);
        assertThat(AveragePooling.pool(two, 2, 2, 2).data()).containsExactly(7.5f);
    }

    @Test
    void poolingLeavesOutTheBorder() {
        assertThat(AveragePooling.blocks(5, 5, 2)).hasDimensions(4, 4);
        assertThat(AveragePooling.blocks(5, 5, 2)[3]).containsExactly(12, 13, 17, 18);
        assertThatThrownBy(() -> AveragePooling.blocks(4, 4, 5)).hasMessageContaining("must be in 1..4, got 5");
    }

    @Test
    void gramEqualsPlainDotProducts() {
        Random random = new Random(3);
        for (int n : new int[] {1, 2, 3, 5, 8, 17}) {
            Matrix m = random(random, n, 70);
            Matrix gram = Gram.of(m);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int c = 0; c < 70; c++) {
                        sum += (double) m.get(i, c) * m.get(j, c);
                    }
                    assertThat((double) gram.get(i, j)).isCloseTo(sum, org.assertj.core.data.Offset.offset(1e-4));
                }
            }
        }
    }

    @Test
    void unmergeGivesMembersTheirGroupsValue() {
        Decision.Merge merge =
                new MergeBuilder().keep(0).mean(2, new int[] {1, 2}).keep(3).build();
        Matrix merged = Matrix.of(new float[] {1, 1}, new float[] {5, 6}, new float[] {9, 9});
        Matrix back = Unmerge.apply(merged, merge, 4);
        assertThat(back.data()).containsExactly(1, 1, 5, 6, 5, 6, 9, 9);
        assertThatThrownBy(() -> Unmerge.apply(merged.select(0), merge, 4)).hasMessageContaining("3 groups");
    }

    static Matrix random(RandomGenerator random, int rows, int cols) {
        float[] data = new float[rows * cols];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new Matrix(rows, cols, data);
    }
}
