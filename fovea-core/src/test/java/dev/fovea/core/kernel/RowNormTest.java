package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowNormTest {

    /** Two roundings to bf16, of which the first may fall to either side when the sums differ in their last bit. */
    @ParameterizedTest
    @CsvSource({"640, 4096", "301, 2080", "1, 16384"})
    void equalsTheFormulaToItsRoundings(int rows, int width) {
        torch.manual_seed(3);
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(Tensors.scale(torch.randn(rows, width), 30), DType.BF16);
            Tensor weight = Tensors.to(torch.randn(width), DType.BF16);
            assertThat(RowNorm.takes(x, weight)).isTrue();

            Tensor got = new RmsNorm(weight, 1e-5).forward(x);

            assertThat(DType.of(got.scalar_type())).isEqualTo(DType.BF16);
            Tensor wide = Tensors.to(x, DType.F32);
            Tensor scale = Tensors.add(wide.mul(wide).mean(new long[] {-1}, true, null), 1e-5)
                    .rsqrt();
            Tensor normed = Tensors.to(wide.mul(scale), DType.BF16);
            Tensor expected = Tensors.to(normed.mul(weight), DType.F32);
            Tensor error = Tensors.to(got, DType.F32).sub(expected).abs();
            assertThat(
                            Tensors.floats(
                                    error.div(Tensors.add(expected.abs(), 1e-6)).max())[0])
                    .isLessThanOrEqualTo(1f / 64);
            assertThat(
                            Tensors.floats(Tensors.to(error.gt(new Scalar(0)), DType.F32)
                                    .mean())[0])
                    .as("share of elements that differ at all")
                    .isLessThan(0.01f);
        }
    }

    @Test
    void keepsNotANumber() {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.full(1, DType.BF16, 128, 2048);
            x.narrow(0, 1, 1).narrow(1, 5, 1).fill_(new Scalar(Double.NaN));
            Tensor weight = Tensors.full(2, DType.BF16, 2048);
            assertThat(RowNorm.takes(x, weight)).isTrue();
            float[] got = Tensors.floats(RowNorm.forward(x, weight, 0));
            assertThat(got[0]).isEqualTo(2);
            assertThat(got[2048]).isNaN();
            assertThat(got[2048 + 5]).isNaN();
            assertThat(got[4096]).isEqualTo(2);
        }
    }

    @Test
    void leavesToLibtorchWhatIsNarrowOrNotBfloat16OrNeedsGradients() {
        Tensor weight = Tensors.full(1, DType.BF16, 64);
        Tensor wide = Tensors.full(1, DType.BF16, 2048);
        try (Scope scope = Scope.inference()) {
            assertThat(RowNorm.takes(Tensors.full(1, DType.BF16, 4, 64), weight))
                    .isFalse();
            assertThat(RowNorm.takes(Tensors.full(1, DType.BF16, 4, 2050), Tensors.full(1, DType.BF16, 2050)))
                    .as("rows that fill no whole number of vectors")
                    .isFalse();
            assertThat(RowNorm.takes(torch.randn(512, 64), torch.randn(64))).isFalse();
        }
        try (Scope scope = Scope.training()) {
            Tensor x = Tensors.to(torch.randn(512, 2048), DType.BF16).requires_grad_();
            assertThat(RowNorm.takes(x.detach(), wide)).isTrue();
            assertThat(RowNorm.takes(x, wide)).isFalse();
        }
    }
}
