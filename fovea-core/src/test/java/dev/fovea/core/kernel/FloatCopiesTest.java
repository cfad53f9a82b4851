package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FloatCopiesTest {
    private static final float[] VALUES = {
        0f,
        -0f,
        1f,
        -1f,
        1.00390625f,
        1.01171875f,
        3.1415927f,
        65504f,
        1e-7f,
        -6e-5f,
        3e38f,
        Float.MAX_VALUE,
        Float.MIN_VALUE,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN
    };

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void roundsAndReadsAsLibtorchDoes(DType dtype) {
        try (Scope scope = Scope.inference()) {
            Tensor expected = Tensors.to(Tensors.of(VALUES, VALUES.length), dtype);
            Tensor stored = Tensors.empty(dtype, VALUES.length);

            FloatCopies.store(VALUES, VALUES.length, dtype, stored.data_ptr().address());

            assertThat(Tensors.floats(stored)).isEqualTo(Tensors.floats(expected));
            assertThat(FloatCopies.load(expected.data_ptr().address(), dtype, VALUES.length))
                    .isEqualTo(Tensors.floats(expected));
        }
    }
}
