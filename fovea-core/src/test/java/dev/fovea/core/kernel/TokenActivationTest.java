package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenActivationTest {

    @ParameterizedTest
    @CsvSource({"SILU, F32", "SILU, BF16", "GELU_TANH, F32", "GELU_TANH, BF16", "RELU, F32", "RELU, BF16"})
    void isWhatLibtorchMakesOfTheGate(String name, DType dtype) {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(5);
            Tensor gate = Tensors.to(Tensors.scale(torch.randn(2000), 6), dtype);
            Tensor up = Tensors.to(torch.randn(2000), dtype);
            float[] expected =
                    Tensors.floats(Activation.valueOf(name).forward(gate).mul(up));
            float[] out = Tensors.floats(gate);

            TokenActivation.valueOf(name).gate(out, Tensors.floats(up), 3, 1990, dtype);

            assertThat(out[2]).isEqualTo(Tensors.floats(gate)[2]);
            assertThat(out[1990]).isEqualTo(Tensors.floats(gate)[1990]);
            // A rounding to bf16 may fall to the other side, and another behind it.
            double allowed = dtype == DType.BF16 ? 1.0 / 64 : 2e-6;
            for (int i = 3; i < 1990; i++) {
                assertThat(Math.abs(out[i] - expected[i]))
                        .as(i + ": " + out[i] + " for " + expected[i])
                        .isLessThanOrEqualTo((float) (allowed * Math.abs(expected[i]) + 1e-6));
            }
        }
    }
}
