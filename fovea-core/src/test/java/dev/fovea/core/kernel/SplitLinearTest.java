package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SplitLinearTest {
    private int threads;

    @BeforeEach
    void twoThreads() {
        Natives.ensureLoaded();
        threads = torch.get_num_threads();
        Natives.setThreads(2);
        torch.manual_seed(5);
    }

    @AfterEach
    void asBefore() {
        Natives.setThreads(threads);
    }

    @ParameterizedTest
    @CsvSource({"257, 640, 768", "301, 1024, 333", "500, 2000, 129"})
    void equalsLibtorchToRounding(int rows, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = torch.randn(1, in, rows).transpose(1, 2);
            Tensor weight = torch.randn(out, in);
            Tensor bias = torch.randn(out);
            assertThat(SplitLinear.takes(x, weight)).isTrue();

            Tensor got = new Linear(weight, bias).forward(x);

            assertThat(Tensors.shape(got)).containsExactly(1, rows, out);
            Tensor expected = torch.linear(x, weight, Tensors.optional(bias));
            assertThat(Tensors.floats(got.sub(expected).abs().max())[0]).isLessThan(1e-3f);
        }
    }

    /** However the probe decides here, every way has to be right. */
    @ParameterizedTest
    @CsvSource({
        "WHOLE, 257, 640, 768",
        "ROWS, 257, 640, 768",
        "ROWS, 771, 2000, 129",
        "OUTPUTS, 257, 640, 768",
        "OUTPUTS, 300, 1024, 333",
        "OUTPUTS, 49, 1000, 64",
    })
    void bfloat16EqualsTheSumToItsRounding(Cut cut, int rows, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(in, rows), DType.BF16).t();
            Tensor weight = Tensors.to(torch.randn(out, in), DType.BF16);
            Tensor bias = Tensors.to(torch.randn(out), DType.BF16);

            for (Tensor b : new @Nullable Tensor[] {bias, null}) {
                Tensor got = Tensors.empty(DType.BF16, rows, out);
                cut.multiply(x, weight, b, got);

                Tensor expected = linear(Tensors.to(x, DType.F32), Tensors.to(weight, DType.F32), b);
                Tensor error = Tensors.to(got, DType.F32).sub(expected).abs();
                // Half a unit in the last of 8 places, and what f32 sums of this length err by.
                Tensor allowed = Tensors.add(Tensors.scale(expected.abs(), 1.0 / 256), 1e-3);
                assertThat(Tensors.floats(error.div(allowed).max())[0]).isLessThanOrEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"48, 10496, 200", "100, 11008, 256", "128, 11263, 129"})
    void bfloat16InHalvesIsOneRoundingFurtherFromTheSum(int rows, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(rows, in), DType.BF16);
            Tensor weight = Tensors.to(torch.randn(out, in), DType.BF16);
            Tensor bias = Tensors.to(torch.randn(out), DType.BF16);
            Tensor wideX = Tensors.to(x, DType.F32);
            Tensor wideWeight = Tensors.to(weight, DType.F32);
            long half = in / 2;

            for (Tensor b : new @Nullable Tensor[] {bias, null}) {
                Tensor result = Tensors.empty(DType.BF16, rows, out);
                Cut.COLUMNS.multiply(x, weight, b, result);
                Tensor got = Tensors.to(result, DType.F32);

                Tensor first = linear(wideX.narrow(1, 0, half), wideWeight.narrow(1, 0, half), b);
                Tensor expected = linear(wideX, wideWeight, b);
                Tensor allowed = Tensors.add(Tensors.scale(expected.abs().add(first.abs()), 1.0 / 256), 2e-3);
                assertThat(Tensors.floats(got.sub(expected).abs().div(allowed).max())[0])
                        .isLessThanOrEqualTo(1);
            }
        }
    }

    /** Rows that lie in a batch, through whatever way the probe finds best. */
    @ParameterizedTest
    @CsvSource({"48, 1024, 4096", "257, 640, 768", "640, 1024, 1333"})
    void bfloat16KeepsItsShape(int rows, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(1, in, rows), DType.BF16).transpose(1, 2);
            Tensor weight = Tensors.to(torch.randn(out, in), DType.BF16);

            Tensor got = new Linear(weight, null).forward(x);

            assertThat(Tensors.shape(got)).containsExactly(1, rows, out);
            assertThat(DType.of(got.scalar_type())).isEqualTo(DType.BF16);
            Tensor expected = linear(Tensors.to(x, DType.F32), Tensors.to(weight, DType.F32), null);
            Tensor allowed = Tensors.add(Tensors.scale(expected.abs(), 1.0 / 256), 1e-3);
            Tensor error = Tensors.to(got, DType.F32).sub(expected).abs();
            assertThat(Tensors.floats(error.div(allowed).max())[0]).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void aShapeGoesOneWayHoweverOftenItIsAsked() {
        Cut first = CutProbe.of(640, 1024, 1024);
        for (int rows : new int[] {513, 600, 640}) {
            assertThat(CutProbe.of(rows, 1024, 1024)).isEqualTo(first);
        }
    }

    @Test
    void leavesToLibtorchWhatIsSmallOrOfTwoTypesOrNeedsGradients() {
        Tensor x = torch.randn(257, 640);
        Tensor weight = torch.randn(768, 640);
        try (Scope scope = Scope.inference()) {
            assertThat(SplitLinear.takes(x.narrow(0, 0, 8), weight)).isFalse();
            assertThat(SplitLinear.takes(Tensors.to(x, DType.BF16), weight)).isFalse();
            Tensor few = Tensors.zeros(DType.BF16, 47, 11_008);
            assertThat(SplitLinear.takes(few, few)).isFalse();
            Natives.setThreads(1);
            assertThat(SplitLinear.takes(x, weight)).isFalse();
            Natives.setThreads(2);
        }
        try (Scope scope = Scope.training()) {
            assertThat(SplitLinear.takes(x, weight.detach().requires_grad_())).isFalse();
        }
    }

    private static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
        return torch.linear(x, weight, Tensors.optional(bias == null ? null : Tensors.to(bias, DType.F32)));
    }
}
