package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int4MatrixTest {
    @BeforeEach
    void seed() {
        torch.manual_seed(13);
    }

    /** Small and large ones, with rows that fill vectors and rows that do not. */
    @ParameterizedTest(name = "{0} {1} rows, {2} to {3} in groups of {4}")
    @CsvSource({
        "F32, 1, 32, 1, 32", "F32, 3, 64, 17, 32", "F32, 1, 2048, 1024, 64", "F32, 5, 2048, 1024, 128",
        "BF16, 1, 128, 24, 128", "BF16, 4, 256, 40, 64", "BF16, 1, 2048, 1024, 32", "BF16, 1, 2048, 1031, 64",
        "BF16, 1, 4096, 513, 128", "BF16, 1, 2080, 1024, 32", "BF16, 2, 2048, 1025, 32", "BF16, 300, 2048, 1024, 128",
        "BF16, 1, 11008, 200, 32", "BF16, 20, 256, 200, 64", "F32, 9, 64, 130, 32", "BF16, 33, 8192, 197, 32"
    })
    void equalsPlainLoops(DType dtype, int rows, int in, int out, int group) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(rows, in), dtype);
            int[] words = words(out * in / 8);
            Tensor scales = Tensors.add(Tensors.scale(torch.rand(out, in / group), 0.01), 0.001)
                    .to(ScalarType.BFloat16);
            Int4Matrix matrix = matrix(words, scales, out);
            float[] weights = numbers(words, Tensors.floats(scales), in, group);

            assertThat(Tensors.floats(matrix.dense(DType.F32))).isEqualTo(weights);
            assertThat(matrix.dense(DType.BF16)
                            .equal(Tensors.of(weights, out, in).to(ScalarType.BFloat16)))
                    .isTrue();
            assertThat(matrix.outputs()).isEqualTo(out);
            assertThat(matrix.inputs()).isEqualTo(in);

            Tensor bias = torch.randn(out);
            float[] got = Tensors.floats(matrix.forward(x, bias));
            float[] input = Tensors.floats(x);
            float[] add = Tensors.floats(Tensors.to(bias, dtype));
            for (int r = 0; r < rows; r += Math.max(1, rows / 3)) {
                for (int o = 0; o < out; o++) {
                    double sum = 0;
                    double size = 0;
                    for (int k = 0; k < in; k++) {
                        double product = (double) input[r * in + k] * weights[o * in + k];
                        sum += product;
                        size += Math.abs(product);
                    }
                    // bf16: the sum is rounded, then the bias added, then rounded; many rows meet rounded weights.
                    double eps = dtype == DType.BF16 ? 1.0 / 256 : 1e-6;
                    double allowed = eps * (2 * Math.abs(sum) + Math.abs(add[o]))
                            + 1e-6 * size
                            + (dtype == DType.BF16 ? size / 256 / Math.sqrt(in) * 4 : 0);
                    assertThat(Math.abs(got[r * out + o] - sum - add[o])).isLessThanOrEqualTo(allowed);
                }
            }
        }
    }

    @Test
    void leadingDimensionsStayAndInputsNeedNotBeContiguous() {
        try (Scope scope = Scope.inference()) {
            Tensor scales = torch.rand(24, 2).to(ScalarType.BFloat16);
            Int4Matrix matrix = matrix(words(24 * 64 / 8), scales, 24);
            Tensor x = torch.randn(64, 6).t().narrow(0, 1, 4).view(2, 2, 64);
            Tensor got = matrix.forward(x, null);
            assertThat(Tensors.shape(got)).containsExactly(2, 2, 24);
            assertThat(Tensors.shape(matrix.forward(torch.randn(0, 64), null))).containsExactly(0, 24);
            Tensor expected = x.matmul(matrix.dense(DType.F32).t());
            assertThat(Tensors.floats(got.sub(expected).abs().max())[0]).isLessThan(1e-4f);
        }
    }

    private static Int4Matrix matrix(int[] words, Tensor scales, int out) {
        byte[] bytes = new byte[4 * words.length];
        java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .put(words);
        Tensor packed = Tensors.of(bytes, out, 4L * words.length / out).view(ScalarType.Int);
        return Int4Matrix.of(packed, scales, UnaryOperator.identity());
    }

    private static int[] words(int count) {
        int[] words = new int[count];
        long state = 99;
        for (int i = 0; i < count; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            words[i] = (int) (state >>> 32);
        }
        return words;
    }

    private static float[] numbers(int[] words, float[] scales, int in, int group) {
        float[] numbers = new float[8 * words.length];
        for (int i = 0; i < numbers.length; i++) {
            int code = (words[i / 8] >>> 4 * (i % 8) & 15) - 8;
            numbers[i] = code * scales[i / in * (in / group) + i % in / group];
        }
        return numbers;
    }
}
