package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RowLinearTest {

    @BeforeEach
    void seed() {
        torch.manual_seed(7);
    }

    @ParameterizedTest(name = "{0} {1} rows, {2} to {3}")
    @CsvSource({
        "F32, 1, 2048, 1024", "F32, 2, 2048, 1024", "F32, 3, 2048, 1031", "F32, 4, 2048, 1024", "F32, 1, 2047, 1030",
        "F32, 2, 2051, 1029", "F32, 4, 1999, 1057", "BF16, 1, 2048, 1024", "BF16, 1, 2047, 1031", "BF16, 1, 2093, 1027",
        "F32, 1, 700001, 8", "BF16, 1, 700001, 9"
    })
    void equalsAnExactProduct(DType dtype, int rows, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = torch.randn(rows, in).to(dtype.scalarType());
            Tensor weight = Tensors.scale(torch.randn(out, in), 0.05).to(dtype.scalarType());
            Tensor bias = torch.randn(out).to(dtype.scalarType());
            assertThat(RowLinear.takes(x, weight)).isTrue();

            Tensor got = RowLinear.forward(x, weight, bias);

            assertThat(Tensors.shape(got)).containsExactly(rows, out);
            assertThat(DType.of(got.scalar_type())).isEqualTo(dtype);
            assertClose(got, exact(x, weight, bias), dtype, in);
            assertClose(RowLinear.forward(x, weight, null), exact(x, weight, null), dtype, in);
        }
    }

    @Test
    void readsInputsThatAreNotContiguousAndKeepsLeadingDimensions() {
        try (Scope scope = Scope.inference()) {
            Tensor wide = torch.randn(2048, 6);
            Tensor x = wide.t().narrow(0, 1, 2).view(1, 2, 2048);
            Tensor weight = torch.randn(1024, 2048);
            Tensor got = RowLinear.forward(x, weight, null);
            assertThat(Tensors.shape(got)).containsExactly(1, 2, 1024);
            assertClose(got, exact(x, weight, null), DType.F32, 2048);
        }
    }

    @Test
    void givesTheSameBitsHoweverManyThreadsAndCallersThereAre() {
        try (Scope scope = Scope.inference()) {
            Tensor x = torch.randn(1, 2048).to(ScalarType.BFloat16);
            Tensor weight = torch.randn(2048, 2048).to(ScalarType.BFloat16);
            float[] alone = Tensors.floats(RowLinear.forward(x, weight, null));
            var together = IntStream.range(0, 8)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> {
                        try (Scope own = Scope.inference()) {
                            return Tensors.floats(RowLinear.forward(x, weight, null));
                        }
                    }))
                    .toList();
            assertThat(together).allSatisfy(f -> assertThat(f.join()).isEqualTo(alone));
        }
    }

    @Test
    void leavesToLibtorchWhatItDoesBetterOrAlone() {
        Tensor row = torch.randn(1, 2048);
        Tensor large = torch.randn(2048, 2048);
        try (Scope scope = Scope.inference()) {
            assertThat(RowLinear.takes(torch.randn(1, 64), torch.randn(64, 64)))
                    .as("small")
                    .isFalse();
            assertThat(RowLinear.takes(torch.randn(5, 2048), large))
                    .as("many rows")
                    .isFalse();
            assertThat(RowLinear.takes(torch.randn(0, 2048), large))
                    .as("no rows")
                    .isFalse();
            assertThat(RowLinear.takes(row, large.t())).as("transposed").isFalse();
            assertThat(RowLinear.takes(row.to(ScalarType.BFloat16), large))
                    .as("two types")
                    .isFalse();
            assertThat(RowLinear.takes(row.to(ScalarType.Double), large.to(ScalarType.Double)))
                    .as("f64")
                    .isFalse();
            assertThat(RowLinear.takes(row, large)).isTrue();
        }
        try (Scope scope = Scope.training()) {
            assertThat(RowLinear.takes(row, large.detach().requires_grad_()))
                    .as("gradients")
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void severalMapsOfOneInputGiveWhatEachGives(DType dtype) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(1, 2048), dtype);
            Linear wide = new Linear(Tensors.to(torch.randn(2051, 2048), dtype), null);
            Linear narrow =
                    new Linear(Tensors.to(torch.randn(1024, 2048), dtype), Tensors.to(torch.randn(1024), dtype));
            var together = Linear.forward(x, wide, narrow);
            assertThat(Tensors.floats(together.get(0))).isEqualTo(Tensors.floats(wide.forward(x)));
            assertThat(Tensors.floats(together.get(1))).isEqualTo(Tensors.floats(narrow.forward(x)));

            Linear small = new Linear(Tensors.to(torch.randn(8, 2048), dtype), null);
            var mixed = Linear.forward(x, wide, small);
            assertThat(Tensors.floats(mixed.get(0))).isEqualTo(Tensors.floats(wide.forward(x)));
            assertThat(Tensors.floats(mixed.get(1))).isEqualTo(Tensors.floats(small.forward(x)));
        }
    }

    @Test
    void gradientsFlowThroughALargeLinearLayer() {
        try (Scope scope = Scope.training()) {
            Tensor weight = torch.randn(1024, 2048).requires_grad_();
            Tensor x = torch.randn(1, 2048);
            new Linear(weight, null).forward(x).sum().backward();
            assertThat(Tensors.floats(weight.grad().narrow(0, 0, 1))).isEqualTo(Tensors.floats(x));
        }
    }

    @Test
    void theLinearLayerUsesIt() {
        try (Scope scope = Scope.inference()) {
            Tensor x = torch.randn(1, 2048);
            Tensor weight = torch.randn(1024, 2048);
            assertThat(Tensors.floats(new Linear(weight, null).forward(x)))
                    .isEqualTo(Tensors.floats(RowLinear.forward(x, weight, null)));
        }
    }

    private static Tensor exact(Tensor x, Tensor weight, @Nullable Tensor bias) {
        Tensor product =
                x.to(ScalarType.Double).matmul(weight.to(ScalarType.Double).t());
        return bias == null ? product : product.add(bias.to(ScalarType.Double));
    }

    /** f32 sums err by some roundings of their largest parts, bf16 results by half a unit in the last of 8 places. */
    private static void assertClose(Tensor got, Tensor exact, DType dtype, int in) {
        float[] a = Tensors.floats(got);
        float[] b = Tensors.floats(exact);
        double summing = 1e-6 * Math.sqrt(in);
        double rounding = dtype == DType.BF16 ? 1.0 / 256 : 1e-6;
        double[] excess = IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]) - summing - rounding * Math.abs(b[i]))
                .toArray();
        assertThat(Arrays.stream(excess).max().orElseThrow()).isLessThanOrEqualTo(0);
    }
}
