package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.Norm;
import dev.fovea.core.layer.OffsetRmsNorm;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenNormTest {

    @ParameterizedTest
    @CsvSource({
        "F32, 576, false",
        "F32, 31, false",
        "F32, 256, true",
        "BF16, 576, false",
        "BF16, 5, false",
        "BF16, 256, true"
    })
    void isTheNormOfTheLayer(DType dtype, int width, boolean fromOne) {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(width);
            Tensor x = Tensors.to(Tensors.scale(torch.randn(3, width), 7), dtype);
            Tensor weight = Tensors.to(torch.randn(width), dtype);
            Norm norm = fromOne ? new OffsetRmsNorm(weight, 1e-5) : new RmsNorm(weight, 1e-5);
            float[] expected = Tensors.floats(norm.forward(x));
            float[] before = Tensors.floats(x);
            float[] out = new float[before.length];

            new TokenNorm(Tensors.floats(weight), 1e-5, fromOne, dtype).rows(before, width, 2, out);

            double allowed = dtype == DType.BF16 ? 1.0 / 64 : 2e-6;
            for (int i = 0; i < out.length; i++) {
                float wanted = i < width ? 0 : expected[i];
                assertThat(Math.abs(out[i] - wanted))
                        .as(i + ": " + out[i] + " for " + wanted)
                        .isLessThanOrEqualTo((float) (allowed * Math.abs(wanted) + 1e-6));
            }
        }
    }
}
