package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowAttentionTest {
    @BeforeEach
    void seed() {
        torch.manual_seed(11);
    }

    @ParameterizedTest(name = "{0}: {1} heads over {2}, {3} keys of {4}")
    @CsvSource({
        "BF16, 32, 32, 641, 128", "BF16, 32, 8, 333, 128", "BF16, 8, 8, 1031, 80", "BF16, 16, 4, 1024, 64",
        "BF16, 4, 2, 1500, 100", "F32, 32, 8, 333, 128", "F32, 8, 8, 1031, 80", "F32, 4, 2, 1500, 99"
    })
    void equalsTheFormula(DType dtype, int heads, int kvHeads, int keys, int d) {
        try (Scope scope = Scope.inference()) {
            Tensor q = Tensors.to(torch.randn(heads, 1, d), dtype);
            Tensor k = cache(dtype, kvHeads, keys, d);
            Tensor v = cache(dtype, kvHeads, keys, d);
            double scale = 2 / Math.sqrt(d);
            assertThat(RowAttention.takes(q, k, v)).isTrue();

            Tensor got = RowAttention.forward(q, k, v, scale);

            assertThat(Tensors.shape(got)).containsExactly(1, (long) heads * d);
            assertThat(DType.of(got.scalar_type())).isEqualTo(dtype);
            Tensor wideK = perQueryHead(k, heads);
            Tensor wideV = perQueryHead(v, heads);
            Tensor scores = Tensors.scale(Tensors.to(q, DType.F32).matmul(wideK.transpose(1, 2)), scale);
            Tensor expected = scores.softmax(-1).matmul(wideV).reshape(1, (long) heads * d);
            double tolerance = dtype == DType.BF16 ? 1.0 / 256 : 1e-5;
            Tensor error = Tensors.to(got, DType.F32).sub(expected).abs();
            Tensor allowed = Tensors.add(Tensors.scale(expected.abs(), tolerance), 2e-6);
            assertThat(Tensors.floats(error.div(allowed).max())[0]).isLessThanOrEqualTo(1);
            assertThat(Tensors.floats(PackedAttention.last(q, k, v, scale))).isEqualTo(Tensors.floats(got));
        }
    }

    @Test
    void leavesToLibtorchWhatIsSmallOrHasSeveralQueriesOrLiesElsewise() {
        try (Scope scope = Scope.inference()) {
            Tensor q = torch.randn(8, 1, 64);
            Tensor k = torch.randn(8, 1024, 64);
            assertThat(RowAttention.takes(q, k, k)).isTrue();
            assertThat(RowAttention.takes(torch.randn(8, 2, 64), k, k)).isFalse();
            assertThat(RowAttention.takes(q, k.narrow(1, 0, 100), k.narrow(1, 0, 100)))
                    .as("small")
                    .isFalse();
            Tensor turned = torch.randn(8, 64, 1024).transpose(1, 2);
            assertThat(RowAttention.takes(q, turned, k)).as("transposed").isFalse();
            assertThat(RowAttention.takes(q, Tensors.to(k, DType.BF16), k))
                    .as("two types")
                    .isFalse();
        }
    }

    /** {@code [heads, keys, d]}, f32: each key-value head once for every query head of its group. */
    private static Tensor perQueryHead(Tensor t, int heads) {
        int[] of = IntStream.range(0, heads)
                .map(head -> head * (int) t.size(0) / heads)
                .toArray();
        return Tensors.to(t, DType.F32).index_select(0, Tensors.indices(of));
    }

    /** A view of the front of a longer one, as a cache with room gives it. */
    private static Tensor cache(DType dtype, int heads, int keys, int d) {
        return Tensors.to(torch.randn(heads, keys + 37, d), dtype).narrow(1, 0, keys);
    }
}
