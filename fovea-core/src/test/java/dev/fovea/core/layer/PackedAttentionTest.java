package dev.fovea.core.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a sequence gets from attention is its own, and close to f32, in whichever way it is computed. */
class PackedAttentionTest {
    private static final int HEADS = 6;
    private static final int GROUPS = 2;
    private static final int D = 64;

    /** Of results as a whole: scores, weights and results are rounded to bf16. */
    private static final double TOLERANCE = 0.006;

    @BeforeEach
    void seed() {
        torch.manual_seed(13);
    }

    private static Tensor heads(int heads, int tokens) {
        return Tensors.to(torch.randn(tokens, (long) heads * D), DType.BF16)
                .view(tokens, heads, D)
                .transpose(0, 1);
    }

    private static Tensor wide(Tensor x) {
        return Tensors.to(x, DType.F32);
    }

    private static double distance(Tensor got, Tensor want) {
        return wide(got).sub(want).norm().item_double() / want.norm().item_double();
    }

    /** Lengths on both sides of where blocks begin to be worth their calls. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSequenceGetsTheSameAloneAndWithOthers(boolean causal) {
        try (Scope ignored = Scope.inference()) {
            for (int[] lengths : new int[][] {{300, 20, 177, 1, 600}, {300, 300}, {20, 20, 20}}) {
                int total = Arrays.stream(lengths).sum();
                int groups = causal ? GROUPS : HEADS;
                Tensor q = heads(HEADS, total);
                Tensor k = heads(groups, total);
                Tensor v = heads(groups, total);
                Tensor all = PackedAttention.self(q, k, v, lengths, causal, 0.125, null);
                int from = 0;
                for (int n : lengths) {
                    Tensor alone = PackedAttention.self(
                            q.narrow(1, from, n).contiguous(),
                            k.narrow(1, from, n).contiguous(),
                            v.narrow(1, from, n).contiguous(),
                            new int[] {n},
                            causal,
                            0.125,
                            null);
                    assertThat(alone.equal(all.narrow(0, from, n)))
                            .as("%d tokens", n)
                            .isTrue();
                    from += n;
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 17, 64, 150, 400})
    void theLastTokensOfASequenceAreCloseToF32AndToTheWhole(int queries) {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(HEADS, 400);
            Tensor k = heads(GROUPS, 400);
            Tensor v = heads(GROUPS, 400);
            int before = 400 - queries;
            Tensor last = PackedAttention.last(q.narrow(1, before, queries), k, v, 0.125);
            Tensor exact = PackedAttention.last(wide(q.narrow(1, before, queries)), wide(k), wide(v), 0.125);
            assertThat(DType.of(last.scalar_type())).isEqualTo(DType.BF16);
            assertThat(distance(last, exact)).isLessThan(TOLERANCE);
            Tensor whole = PackedAttention.self(q, k, v, new int[] {400}, true, 0.125, null);
            assertThat(distance(whole.narrow(0, before, queries), exact)).isLessThan(TOLERANCE);
        }
    }

    @Test
    void withoutAMaskEveryQuerySeesEveryKey() {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(HEADS, 300);
            Tensor k = heads(GROUPS, 400);
            Tensor v = heads(GROUPS, 400);
            Tensor exact = PackedAttention.masked(wide(q), wide(k), wide(v), null, 0.125, 0);
            assertThat(distance(PackedAttention.masked(q, k, v, null, 0.125, 0), exact))
                    .isLessThan(TOLERANCE);
        }
    }
}
