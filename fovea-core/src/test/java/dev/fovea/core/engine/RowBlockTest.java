package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class RowBlockTest {

    @Test
    void whatFitsIsOneBlock() {
        assertThat(RowBlock.of(new int[] {3, 4}, 7)).containsExactly(new RowBlock(0, 7, 0, 2, 0, true));
        assertThat(RowBlock.of(new int[] {3, 4}, Integer.MAX_VALUE)).hasSize(1);
    }

    @Test
    void neighboursShareABlockAndLongOnesAreCut() {
        assertThat(RowBlock.of(new int[] {3, 4, 11, 5, 2}, 7))
                .containsExactly(
                        new RowBlock(0, 7, 0, 2, 0, true),
                        new RowBlock(7, 5, 2, 1, 0, false),
                        new RowBlock(12, 6, 2, 1, 5, false),
                        new RowBlock(18, 7, 3, 2, 0, true));
    }

    @Test
    void aRowAtATime() {
        assertThat(RowBlock.of(new int[] {1, 2}, 1))
                .containsExactly(
                        new RowBlock(0, 1, 0, 1, 0, true),
                        new RowBlock(1, 1, 1, 1, 0, false),
                        new RowBlock(2, 1, 1, 1, 1, false));
    }

    /** Neighbouring rows that are treated together stay together; with gradients all are. */
    @Test
    void workOnSomeRowsAtATime() {
        float[] numbers = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        List<Long> seen = new ArrayList<>();
        try (Scope ignored = Scope.inference()) {
            Tensor sums = RowBlock.map(Tensors.of(numbers, 6, 2), 5, 2, x -> {
                seen.add(x.size(0));
                Tensor pairs = x.view(-1, 2, 2);
                return pairs.select(1, 0).add(pairs.select(1, 1));
            });
            assertThat(Tensors.floats(sums)).containsExactly(4, 6, 12, 14, 20, 22);
        }
        assertThat(seen).containsExactly(4L, 2L);
        try (Scope ignored = Scope.training()) {
            RowBlock.map(Tensors.of(numbers, 6, 2), 5, 2, x -> {
                assertThat(x.size(0)).isEqualTo(6);
                return x;
            });
        }
    }
}
