package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int8MatrixTest {
    @BeforeEach
    void seed() {
        torch.manual_seed(11);
    }

    /** Sums of whole numbers are exact, so every kernel must give the very bits of the plain loops. */
    @ParameterizedTest(name = "{0} {1} rows, {2} to {3}")
    @CsvSource({
        "F32, 1, 1, 1",
        "F32, 1, 64, 48",
        "F32, 3, 65, 17",
        "F32, 16, 256, 256",
        "F32, 5, 2048, 2048",
        "BF16, 1, 256, 512",
        "BF16, 2, 33, 7",
        "BF16, 1, 2048, 2048",
        "BF16, 1, 2048, 2049",
        "BF16, 7, 2049, 2048",
        "BF16, 130, 2048, 2112",
        "BF16, 64, 2080, 96",
        "BF16, 16, 256, 160",
        "BF16, 31, 512, 1376",
        "BF16, 1, 11008, 64",
        "BF16, 600, 2048, 2048"
    })
    void equalsPlainLoopsBitForBit(DType dtype, int rows, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(rows, in), dtype);
            byte[] codes = codes(out * in);
            Tensor scales = Tensors.add(Tensors.scale(torch.rand(out), 0.01), 0.001);
            float[] expected = truth(Tensors.floats(x), rows, codes, Tensors.floats(scales), dtype);
            for (boolean packed : new boolean[] {false, true}) {
                if (packed && !Int8Probe.usable(out, in)) {
                    continue;
                }
                Tensor got = matrix(codes, scales, in, packed).forward(x, null);
                assertThat(Tensors.shape(got)).containsExactly(rows, out);
                assertThat(DType.of(got.scalar_type())).isEqualTo(dtype);
                assertThat(Tensors.floats(got)).as(packed ? "packed" : "plain").isEqualTo(expected);
            }
        }
    }

    /** Where the packed product is none of this processor's, the other is the one to try. */
    private static boolean packed() {
        return Int8Probe.usable(2048, 2048);
    }

    @Test
    void aRowGetsTheSameBitsWhoeverIsInThePassWithIt() {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(37, 2048), DType.BF16);
            Int8Matrix matrix = matrix(codes(2048 * 2048), Tensors.full(0.003, DType.F32, 2048), 2048, packed());
            Tensor together = matrix.forward(x, null);
            for (int r : new int[] {0, 17, 36}) {
                Tensor alone = matrix.forward(x.narrow(0, r, 1), null);
                assertThat(alone.equal(together.narrow(0, r, 1))).isTrue();
            }
        }
    }

    @Test
    void severalMapsOfOneInputGiveWhatEachGives() {
        try (Scope scope = Scope.inference()) {
            Tensor x = torch.randn(1, 4, 96);
            Linear one = new Linear(matrix(codes(96 * 40), torch.rand(40), 96, true), torch.randn(40));
            Linear two = new Linear(matrix(codes(96 * 24), torch.rand(24), 96, true), null);
            Linear dense = new Linear(torch.randn(8, 96), null);
            for (List<Linear> maps : List.of(List.of(one, two), List.of(one, dense, two))) {
                List<Tensor> together = Linear.forward(x, maps.toArray(Linear[]::new));
                for (int i = 0; i < maps.size(); i++) {
                    assertThat(together.get(i).equal(maps.get(i).forward(x))).isTrue();
                }
            }
            assertThat(Tensors.shape(one.forward(x))).containsExactly(1, 4, 40);
        }
    }

    @Test
    void aBiasIsAddedAndRowsOfZerosGiveItAlone() {
        try (Scope scope = Scope.inference()) {
            for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
                Tensor bias = torch.randn(2048);
                Tensor x = Tensors.zeros(dtype, 3, 2048);
                Tensor got = matrix(codes(2048 * 2048), torch.rand(2048), 2048, packed())
                        .forward(x, bias);
                Tensor rounded = Tensors.to(bias, dtype);
                assertThat(Tensors.floats(got.narrow(0, 1, 1))).isEqualTo(Tensors.floats(rounded));
            }
        }
    }

    @Test
    void noRowsGiveNone() {
        try (Scope scope = Scope.inference()) {
            Tensor got = matrix(codes(64 * 8), torch.rand(8), 64, true).forward(torch.randn(0, 64), null);
            assertThat(Tensors.shape(got)).containsExactly(0, 8);
        }
    }

    @Test
    void whatIsNoNumberStaysNone() {
        try (Scope scope = Scope.inference()) {
            Tensor x = torch.randn(2, 64);
            x.narrow(0, 1, 1).narrow(1, 5, 1).fill_(new org.bytedeco.pytorch.Scalar(Double.NaN));
            float[] got = Tensors.floats(
                    matrix(codes(64 * 8), torch.rand(8), 64, true).forward(x, null));
            assertThat(got[0]).isFinite();
            assertThat(got[8]).isNaN();
        }
    }

    @Test
    void gradientsOfTheInputGoThroughTheNumbersThatCodesStandFor() {
        try (Scope scope = Scope.training()) {
            Tensor scales = torch.rand(24);
            Linear map = new Linear(matrix(codes(24 * 40), scales, 40, true), torch.randn(24));
            Tensor x = torch.randn(3, 40).requires_grad_();
            map.forward(x).sum().backward();
            float[] expected = Tensors.floats(map.weight().sum(0L));
            float[] got = Tensors.floats(x.grad().narrow(0, 2, 1));
            for (int i = 0; i < expected.length; i++) {
                assertThat(got[i]).isCloseTo(expected[i], org.assertj.core.data.Offset.offset(1e-3f));
            }
        }
    }

    private static byte[] codes(int count) {
        byte[] codes = new byte[count];
        long state = 12345;
        for (int i = 0; i < count; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            codes[i] = (byte) Math.max(-127, (int) (state >> 56));
        }
        return codes;
    }

    private static Int8Matrix matrix(byte[] codes, Tensor scales, int in, boolean packed) {
        Tensor plain = Tensors.of(codes, codes.length / in, in).view(ScalarType.Char);
        return Int8Matrix.of(plain, scales, () -> plain, UnaryOperator.identity(), packed);
    }

    private static float[] truth(float[] x, int rows, byte[] w, float[] scales, DType dtype) {
        int in = x.length / rows;
        int out = scales.length;
        float[] y = new float[rows * out];
        int[] codes = new int[in];
        for (int r = 0; r < rows; r++) {
            float most = 0;
            for (int k = 0; k < in; k++) {
                most = Math.max(most, Math.abs(x[r * in + k]));
            }
            float perStep = 127f / most;
            for (int k = 0; k < in; k++) {
                codes[k] = (int) Math.rint(x[r * in + k] * perStep);
            }
            for (int o = 0; o < out; o++) {
                long sum = 0;
                for (int k = 0; k < in; k++) {
                    sum += codes[k] * w[o * in + k];
                }
                y[r * out + o] = (float) sum * scales[o] * (most / 127f);
            }
        }
        return rounded(y, dtype);
    }

    private static float[] rounded(float[] values, @Nullable DType dtype) {
        return dtype == DType.BF16
                ? Tensors.floats(Tensors.of(values, values.length).to(ScalarType.BFloat16))
                : values;
    }
}
