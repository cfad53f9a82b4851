package dev.fovea.core.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers work in place where no gradient is wanted: they must compute the same, and leave their inputs alone. */
class GradientFreePathsTest {

    @BeforeEach
    void seed() {
        torch.manual_seed(11);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void rotationIsTheSameAndCopiesItsInput(DType dtype) {
        RotaryEmbedding.Table table =
                RotaryEmbedding.plain(16, 10000).table(IntStream.range(3, 12).toArray());
        Tensor x = Tensors.to(torch.randn(9, 4, 16), dtype).transpose(0, 1);
        float[] before = Tensors.floats(x);
        float[] trained;
        try (Scope scope = Scope.training()) {
            trained = Tensors.floats(RotaryEmbedding.rotate(x.detach().clone().requires_grad_(), table));
        }
        try (Scope scope = Scope.inference()) {
            // With gradients the product is added to in one operation, which may round once less.
            assertThat(Tensors.floats(RotaryEmbedding.rotate(x, table)))
                    .containsExactly(trained, within(dtype == DType.F32 ? 1e-6f : 0));
        }
        assertThat(Tensors.floats(x)).isEqualTo(before);
    }

    @Test
    void theGatedMlpIsTheSameToTheBit() {
        Tensor x = torch.randn(5, 8);
        GatedMlp mlp = new GatedMlp(linear(12, 8), linear(12, 8), linear(8, 12), Activation.SILU);
        float[] free;
        try (Scope scope = Scope.inference()) {
            free = Tensors.floats(mlp.forward(x));
        }
        try (Scope scope = Scope.training()) {
            Tensor leaf = x.detach().clone().requires_grad_();
            Tensor y = mlp.forward(leaf);
            assertThat(Tensors.floats(y)).isEqualTo(free);
            y.sum().backward();
            assertThat(Tensors.floats(leaf.grad())).doesNotContain(Float.NaN).isNotEqualTo(new float[40]);
        }
    }

    @Test
    void attentionInBf16IsCloseToF32ForFewAndManyQueries() {
        try (Scope scope = Scope.inference()) {
            for (int tokens : new int[] {7, 63, 64, 130}) {
                Tensor q = Tensors.to(torch.randn(4, tokens, 16), DType.BF16);
                Tensor k = Tensors.to(torch.randn(2, tokens, 16), DType.BF16);
                Tensor v = Tensors.to(torch.randn(2, tokens, 16), DType.BF16);
                int[] lengths = {tokens};
                Tensor exact = PackedAttention.self(wide(q), wide(k), wide(v), lengths, true, 0.25, null);
                Tensor self = PackedAttention.self(q, k, v, lengths, true, 0.25, null);
                Tensor last = PackedAttention.last(q, k, v, 0.25);
                assertThat(DType.of(self.scalar_type())).isEqualTo(DType.BF16);
                assertThat(furthest(self, exact)).isLessThan(0.03f);
                assertThat(furthest(last, exact)).isLessThan(0.03f);
            }
        }
    }

    private static Linear linear(int out, int in) {
        return new Linear(torch.randn(out, in), null);
    }

    private static Tensor wide(Tensor t) {
        return Tensors.to(t, DType.F32);
    }

    private static float furthest(Tensor a, Tensor b) {
        return Tensors.floats(wide(a).sub(b).abs().max())[0];
    }
}
