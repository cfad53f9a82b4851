package dev.fovea.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TensorsTest {

    @Test
    void emptyArraysMakeEmptyTensors() {
        try (Scope scope = Scope.inference()) {
            assertThat(scope).isNotNull();
            Tensor floats = Tensors.of(new float[0], 0, 3);
            assertThat(Tensors.shape(floats)).containsExactly(0, 3);
            assertThat(Tensors.floats(floats)).isEmpty();
            assertThat(Tensors.longs(Tensors.of(new long[0], 0))).isEmpty();
            assertThat(Tensors.ints(Tensors.indices())).isEmpty();
            assertThat(Tensors.of(new byte[0], 2, 0).numel()).isZero();
        }
    }

    @Test
    void valuesComeBack() {
        try (Scope scope = Scope.inference()) {
            assertThat(scope).isNotNull();
            assertThat(Tensors.floats(Tensors.of(new float[] {1, -2.5f}, 2))).containsExactly(1, -2.5f);
            assertThat(Tensors.longs(Tensors.of(new long[] {1L << 40, -1}, 2, 1)))
                    .containsExactly(1L << 40, -1);
            assertThat(Tensors.ints(Tensors.of(new int[] {7, 8, 9}, 3))).containsExactly(7, 8, 9);
            assertThat(Tensors.ints(Tensors.of(new byte[] {0, (byte) 255}, 2))).containsExactly(0, 255);
        }
    }

    @Test
    void shapesThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> Tensors.of(new float[3], 2, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 values")
                .hasMessageContaining("[2, 2]");
    }
}
