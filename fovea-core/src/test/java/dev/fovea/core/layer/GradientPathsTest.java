package dev.fovea.core.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where gradients are recorded layers take other kernels: the values and gradients must be those of the plain ones. */
class GradientPathsTest {

    @BeforeEach
    void seed() {
        torch.manual_seed(12);
    }

    @Test
    void theRootMeanSquareNormIsTheSameForwardAndBackward() {
        try (Scope scope = Scope.training()) {
            Tensor x = torch.randn(2, 5, 16).set_requires_grad(true);
            Tensor y = x.detach().clone().set_requires_grad(true);
            Tensor weight = torch.randn(16).set_requires_grad(true);
            Tensor same = weight.detach().clone().set_requires_grad(true);
            Tensor factors = torch.randn(2, 5, 16);
            Tensor a = new RmsNorm(weight, 1e-5).forward(x);
            Tensor b = torch.rms_norm(y, new long[] {16}, Tensors.optional(same), new DoubleOptional(1e-5));
            close(a, b, 1e-5);
            a.mul(factors).sum().backward();
            b.mul(factors).sum().backward();
            close(x.grad(), y.grad(), 1e-4);
            close(weight.grad(), same.grad(), 1e-4);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void productsInBf16AreThoseInF32WithinRounding() {
        try (Scope scope = Scope.training()) {
            Tensor weight = torch.randn(24, 32).set_requires_grad(true);
            Tensor bias = torch.randn(24).set_requires_grad(true);
            Tensor x = torch.randn(9, 32);
            Tensor exact = new Linear(weight, bias).forward(x);
            Linear rounding = new Linear(weight, bias, DType.BF16);
            Tensor rounded = rounding.forward(x);
            assertThat(DType.of(rounded.scalar_type())).isEqualTo(DType.BF16);
            // Sums of 32 products, each rounded to 8 bits.
            close(rounded, exact, 0.15);
            close(Linear.forward(x, rounding, rounding).get(1), rounded, 0);
            rounded.sum().backward();
            assertThat(DType.of(weight.grad().scalar_type())).isEqualTo(DType.F32);
            close(bias.grad(), Tensors.full(9, DType.F32, 24), 1e-6);
            assertThat(scope).isNotNull();
        }
    }

    /** Sequences of one length share a mask and a kernel call; others are attended to one after the other. */
    @Test
    void maskedAttentionIsTheSameTogetherAndOneByOne() {
        try (Scope scope = Scope.inference()) {
            AttentionEdges edges = AttentionEdges.branches(0, 1, 2, 1);
            Tensor q = torch.randn(4, 8, 16);
            Tensor k = torch.randn(2, 8, 16);
            Tensor v = torch.randn(2, 8, 16);
            Tensor one = Tensors.of(edges.mask(), 1, 1, 4, 4);
            int[] lengths = {4, 4};
            Tensor apart = PackedAttention.masked(q, k, v, lengths, List.of(one, one), 0.25);
            Tensor together = PackedAttention.masked(q, k, v, lengths, List.of(Tensors.cat(0, one, one)), 0.25);
            close(together, apart, 1e-5);
            // Without edges of its own it is causal attention.
            Tensor causal = Tensors.of(AttentionEdges.branches(new int[4]).mask(), 1, 1, 4, 4);
            close(
                    PackedAttention.masked(q, k, v, lengths, List.of(causal, causal), 0.25),
                    PackedAttention.self(q, k, v, lengths, true, 0.25, null),
                    1e-5);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void partsOfADimensionAreViewsInOrder() {
        try (Scope scope = Scope.training()) {
            Tensor x = torch.randn(3, 6).set_requires_grad(true);
            Tensor[] parts = Tensors.split(x, 1, 1, 3, 2);
            close(Tensors.cat(1, parts), x, 0);
            parts[1].sum().backward();
            assertThat(Tensors.floats(x.grad())).startsWith(0, 1, 1, 1, 0, 0);
            assertThat(scope).isNotNull();
        }
    }

    private static void close(Tensor actual, Tensor expected, double tolerance) {
        float[] a = Tensors.floats(actual);
        float[] b = Tensors.floats(expected);
        assertThat(a).hasSameSizeAs(b);
        for (int i = 0; i < a.length; i++) {
            assertThat((double) a[i]).isCloseTo(b[i], within(tolerance));
        }
    }
}
