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

    @ParameterizedTest
    @CsvSource({"257, 640, 768", "640, 1024, 333", "771, 2000, 129"})
    void bfloat16InPiecesEqualsLibtorchToRounding(int rows, int in, int out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(1, in, rows), DType.BF16).transpose(1, 2);
            Tensor weight = Tensors.to(torch.randn(out, in), DType.BF16);
            Tensor bias = Tensors.to(torch.randn(out), DType.BF16);
            assertThat(SplitLinear.takes(x, weight)).isTrue();

            for (Tensor b : new @Nullable Tensor[] {bias, null}) {
                Tensor got = new Linear(weight, b).forward(x);

                assertThat(Tensors.shape(got)).containsExactly(1, rows, out);
                assertThat(DType.of(got.scalar_type())).isEqualTo(DType.BF16);
                Tensor expected = torch.linear(
                        Tensors.to(x, DType.F32),
                        Tensors.to(weight, DType.F32),
                        Tensors.optional(b == null ? null : Tensors.to(b, DType.F32)));
                Tensor error = Tensors.to(got, DType.F32).sub(expected).abs();
                // Half a unit in the last of 8 places, and what f32 sums of this length err by.
                Tensor allowed = Tensors.add(Tensors.scale(expected.abs(), 1.0 / 256), 1e-3);
                assertThat(Tensors.floats(error.div(allowed).max())[0]).isLessThanOrEqualTo(1);
            }
        }
    }

    @Test
    void leavesToLibtorchWhatIsSmallOrOfTwoTypesOrNeedsGradients() {
        Tensor x = torch.randn(257, 640);
        Tensor weight = torch.randn(768, 640);
        try (Scope scope = Scope.inference()) {
            assertThat(SplitLinear.takes(x.narrow(0, 0, 8), weight)).isFalse();
            assertThat(SplitLinear.takes(Tensors.to(x, DType.BF16), weight)).isFalse();
            Tensor half = Tensors.to(weight, DType.BF16);
            assertThat(SplitLinear.takes(Tensors.to(x.narrow(0, 0, 256), DType.BF16), half))
                    .as("one piece")
                    .isFalse();
            Natives.setThreads(1);
            assertThat(SplitLinear.takes(x, weight)).isFalse();
            Natives.setThreads(2);
        }
        try (Scope scope = Scope.training()) {
            assertThat(SplitLinear.takes(x, weight.detach().requires_grad_())).isFalse();
        }
    }
}
