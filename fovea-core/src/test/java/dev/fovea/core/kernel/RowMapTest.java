package dev.fovea.core.kernel;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
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

class RowMapTest {
    private static final int[] ROWS = {1, 2, 3, 4, 5, 8, 11};

    @BeforeEach
    void seed() {
        torch.manual_seed(23);
    }

    private static float[] run(RowMap map, float[] x, int rows, int threads) {
        float[] out = new float[rows * map.outputs()];
        try (RowMaps maps = new RowMaps(threads, rows, map.inputs())) {
            maps.run(x, rows, new RowMaps.Task(map, out, (from, to) -> {}));
        }
        return out;
    }

    /** What comes of a row alone, and with others before and behind it. */
    private static void sameBitsForAnyNumberOfRows(RowMap map, float[] x, float[] expected) {
        int in = map.inputs();
        int out = map.outputs();
        for (int rows : ROWS) {
            assertThat(map.ready()).isTrue();
            float[] some = run(map, Arrays.copyOf(x, rows * in), rows, 2);
            assertThat(some).as(rows + " rows").isEqualTo(Arrays.copyOf(expected, rows * out));
        }
        int last = ROWS[ROWS.length - 1] - 1;
        assertThat(run(map, Arrays.copyOfRange(x, last * in, (last + 1) * in), 1, 1))
                .isEqualTo(Arrays.copyOfRange(expected, last * out, (last + 1) * out));
    }

    @ParameterizedTest(name = "{0}, {1} to {2}")
    @CsvSource({
        "F32, 1, 8",
        "F32, 15, 9",
        "F32, 16, 23",
        "F32, 576, 192",
        "F32, 1536, 577",
        "F32, 2051, 33",
        "BF16, 1, 8",
        "BF16, 31, 9",
        "BF16, 32, 25",
        "BF16, 576, 192",
        "BF16, 576, 1536",
        "BF16, 1537, 579",
        "BF16, 96, 49280"
    })
    void numbers(DType dtype, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor weight = Tensors.to(Tensors.scale(torch.randn(out, in), 0.05), dtype);
            for (Tensor bias : new @Nullable Tensor[] {null, Tensors.to(torch.randn(out), dtype)}) {
                RowMap map = requireNonNull(RowMap.of(weight, bias));
                Tensor x = Tensors.to(torch.randn(ROWS[ROWS.length - 1], in), dtype);
                float[] input = Tensors.floats(x);
                float[] all = run(map, input, ROWS[ROWS.length - 1], 1);
                near(all, input, Tensors.floats(weight), bias == null ? new float[out] : Tensors.floats(bias), dtype);
                sameBitsForAnyNumberOfRows(map, input, all);
                Tensor one = RowLinear.forward(x.narrow(0, 0, 1), weight, bias);
                assertThat(Arrays.copyOf(all, out)).isEqualTo(Tensors.floats(one));
            }
        }
    }

    /** Against sums in f64: f32 sums err by some roundings of their parts, bf16 results by half a unit in the last place. */
    private static void near(float[] got, float[] x, float[] w, float[] bias, DType dtype) {
        int out = bias.length;
        int in = w.length / out;
        double rounding = dtype == DType.BF16 ? 1.0 / 256 : 1e-6;
        for (int i = 0; i < got.length; i++) {
            double sum = bias[i % out];
            double size = Math.abs(sum);
            for (int k = 0; k < in; k++) {
                double product = (double) x[i / out * in + k] * w[i % out * in + k];
                sum += product;
                size += Math.abs(product);
            }
            assertThat(Math.abs(got[i] - sum)).isLessThanOrEqualTo(rounding * Math.abs(sum) + 1e-6 * size);
        }
    }

    @ParameterizedTest(name = "{0}, {1} to {2}")
    @CsvSource({
        "F32, 8, 8",
        "F32, 65, 17",
        "BF16, 33, 9",
        "BF16, 576, 193",
        "BF16, 1536, 576",
        "F32, 256, 512",
        "BF16, 96, 49280",
        "BF16, 20000, 12",
        "F32, 40001, 11"
    })
    void codesOfEightBits(DType dtype, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor codes = torch.randint(-127, 128, new long[] {out, in}).to(ScalarType.Char);
            Tensor scales = Tensors.add(Tensors.scale(torch.rand(out), 0.01), 0.001);
            Tensor x = Tensors.to(torch.randn(ROWS[ROWS.length - 1], in), dtype);
            // Sums as large as they can be, of either sign.
            x.narrow(0, 1, 1).fill_(new org.bytedeco.pytorch.Scalar(1.0));
            codes.narrow(0, 0, 1).fill_(new org.bytedeco.pytorch.Scalar(127));
            codes.narrow(0, 1, 1).fill_(new org.bytedeco.pytorch.Scalar(-128));
            x.narrow(0, 2, 1).zero_();
            Int8Matrix matrix = Int8Matrix.of(codes, scales, () -> codes, UnaryOperator.identity(), false);
            for (Tensor bias : new @Nullable Tensor[] {null, torch.randn(out)}) {
                RowMap map = requireNonNull(RowMap.of(matrix, bias, dtype));
                sameBitsForAnyNumberOfRows(map, Tensors.floats(x), Tensors.floats(matrix.forward(x, bias)));
            }
        }
    }

    @ParameterizedTest(name = "{0}, {1} to {2} in groups of {3}")
    @CsvSource({
        "F32, 32, 8, 32",
        "F32, 576, 192, 64",
        "BF16, 576, 193, 32",
        "BF16, 1536, 576, 32",
        "BF16, 576, 96, 64",
        "BF16, 256, 512, 128",
        "F32, 384, 151, 128",
        "BF16, 192, 49280, 64",
        "F32, 2080, 33, 32"
    })
    void codesOfFourBits(DType dtype, int in, int out, int group) {
        try (Scope scope = Scope.inference()) {
            Tensor words = torch.randint(Integer.MIN_VALUE, Integer.MAX_VALUE, new long[] {out, in / 8})
                    .to(ScalarType.Int);
            Tensor scales =
                    Tensors.to(Tensors.add(Tensors.scale(torch.rand(out, in / group), 0.01), 0.001), DType.BF16);
            Int4Matrix matrix = Int4Matrix.of(words, scales, UnaryOperator.identity());
            Tensor x = Tensors.to(torch.randn(ROWS[ROWS.length - 1], in), dtype);
            for (Tensor bias : new @Nullable Tensor[] {null, torch.randn(out)}) {
                RowMap map = requireNonNull(RowMap.of(matrix, bias, dtype));
                float[] expected = new float[ROWS[ROWS.length - 1] * out];
                for (int r = 0; r < ROWS[ROWS.length - 1]; r++) {
                    float[] row = Tensors.floats(matrix.forward(x.narrow(0, r, 1), bias));
                    System.arraycopy(row, 0, expected, r * out, out);
                }
                sameBitsForAnyNumberOfRows(map, Tensors.floats(x), expected);
            }
        }
    }

    /** Each of several maps is what it is alone, and what follows it sees all of its outputs once. */
    @Test
    void severalMapsOfOneInput() {
        try (Scope scope = Scope.inference()) {
            RowMap one = requireNonNull(RowMap.of(torch.randn(577, 96), null));
            RowMap two = requireNonNull(RowMap.of(torch.randn(577, 96), torch.randn(577)));
            RowMap three = requireNonNull(RowMap.of(torch.randn(3000, 96), null));
            float[] x = Tensors.floats(torch.randn(2, 96));
            float[][] outs = {new float[2 * 577], new float[2 * 577], new float[2 * 3000]};
            int[] seen = new int[3000];
            try (RowMaps maps = new RowMaps(2, 2, 96)) {
                maps.run(
                        x,
                        2,
                        new RowMaps.Task(List.of(one, two), List.of(outs[0], outs[1]), (from, to) -> {}),
                        new RowMaps.Task(three, outs[2], (from, to) -> {
                            for (int r = from; r < to; r++) {
                                seen[r]++;
                            }
                        }));
            }
            assertThat(outs[0]).isEqualTo(run(one, x, 2, 1));
            assertThat(outs[1]).isEqualTo(run(two, x, 2, 1));
            assertThat(outs[2]).isEqualTo(run(three, x, 2, 1));
            assertThat(seen).containsOnly(1);
        }
    }

    @Test
    void whatHasNoLoopsIsLeftToLibtorch() {
        try (Scope scope = Scope.inference()) {
            assertThat(RowMap.of(torch.randn(7, 64), null)).as("few outputs").isNull();
            assertThat(RowMap.of(torch.randn(64, 64).to(ScalarType.Half), null))
                    .as("f16")
                    .isNull();
            assertThat(RowMap.of(torch.randn(64, 32).t(), null)).as("turned").isNull();
            assertThat(RowMap.of(torch.randn(64, 64).requires_grad_(), null))
                    .as("learned")
                    .isNull();
        }
    }
}
