package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowRotationTest {

    @ParameterizedTest
    @CsvSource({"32, 640, 128", "32, 1, 64", "22, 111, 96"})
    void equalsTheFormulaRoundedOnce(int heads, int tokens, int d) {
        torch.manual_seed(4);
        try (Scope scope = Scope.inference()) {
            // As projections lie: token by token, the heads beside each other.
            Tensor x = Tensors.to(torch.randn(tokens, heads, d), DType.BF16).transpose(0, 1);
            RotaryEmbedding.Table table = RotaryEmbedding.plain(d, 10000)
                    .table(IntStream.range(0, tokens).map(i -> 3 * i).toArray());
            assertThat(RowRotation.takes(x, table.cos(), table.sin())).isTrue();

            Tensor got = RotaryEmbedding.rotate(x, table);

            assertThat(Tensors.shape(got)).containsExactly(heads, tokens, d);
            assertThat(DType.of(got.scalar_type())).isEqualTo(DType.BF16);
            Tensor expected = RotaryEmbedding.rotate(Tensors.to(x, DType.F32), table);
            Tensor error = Tensors.to(got, DType.F32).sub(expected).abs();
            Tensor allowed = Tensors.add(Tensors.scale(expected.abs(), 1.0 / 256), 1e-6);
            assertThat(Tensors.floats(error.div(allowed).max())[0]).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void leavesToLibtorchWhatIsNarrowOrNotBfloat16() {
        try (Scope scope = Scope.inference()) {
            RotaryEmbedding.Table table = RotaryEmbedding.plain(64, 10000)
                    .table(IntStream.range(0, 512).toArray());
            Tensor x = torch.randn(32, 512, 64);
            assertThat(RowRotation.takes(x, table.cos(), table.sin())).isFalse();
            assertThat(RowRotation.takes(Tensors.to(x.narrow(0, 0, 1), DType.BF16), table.cos(), table.sin()))
                    .isFalse();
            assertThat(RowRotation.takes(Tensors.to(x, DType.BF16), table.cos(), table.sin()))
                    .isTrue();
        }
    }
}
