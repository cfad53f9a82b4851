package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention in blocks against the formula in f32, at sizes that do and do not fill vectors and blocks. */
class BlockAttentionTest {
    /** Of what comes out, as a whole: rounded scores of this size account for 0.004, rounded results for 0.0017. */
    private static final double TOLERANCE = 0.006;

    @BeforeEach
    void vectors() {
        assumeThat(Kernels.vectors()).isTrue();
        torch.manual_seed(7);
    }

    private static Tensor random(double deviation, long... shape) {
        return Tensors.to(torch.randn(shape).mul(new Scalar(deviation)), DType.BF16);
    }

    /** Heads as a block's projections have them, beside each other. */
    private static Tensor heads(double deviation, int heads, int tokens, int d) {
        return random(deviation, tokens, (long) heads * d)
                .view(tokens, heads, d)
                .transpose(0, 1);
    }

    private static Tensor truth(Tensor q, Tensor k, Tensor v, double scale) {
        Tensor scores = Tensors.to(q, DType.F32).matmul(Tensors.to(k, DType.F32).transpose(1, 2));
        Tensor out = torch.softmax(Tensors.scale(scores, scale), -1).matmul(Tensors.to(v, DType.F32));
        return out.permute(1, 0, 2).reshape(q.size(1), q.size(0) * q.size(2));
    }

    private static double distance(Tensor got, Tensor want) {
        Tensor wide = Tensors.to(got, DType.F32);
        return wide.sub(want).norm().item_double() / want.norm().item_double();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 16, 8",
        "2, 5, 17, 16",
        "3, 513, 31, 32",
        "4, 577, 577, 64",
        "2, 300, 1100, 80",
        "12, 1024, 1024, 64"
    })
    void isTheFormula(int heads, int queries, int keys, int d) {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1, heads, queries, d);
            Tensor k = heads(1, heads, keys, d);
            Tensor v = heads(1, heads, keys, d);
            double scale = 1 / Math.sqrt(d);
            assertThat(BlockAttention.takes(q, k, v)).isTrue();
            Tensor got = BlockAttention.forward(q, k, v, scale);
            assertThat(distance(got, truth(q, k, v, scale))).isLessThan(TOLERANCE);
        }
    }

    @Test
    void staysFiniteWhereScoresAreLargeAndWeighsWhatIsEqualAlike() {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(30, 1, 40, 16);
            Tensor k = heads(30, 1, 50, 16);
            Tensor v = heads(1, 1, 50, 16);
            Tensor got = BlockAttention.forward(q, k, v, 1);
            assertThat(Tensors.floats(Tensors.to(got, DType.F32))).doesNotContain(Float.NaN, Float.POSITIVE_INFINITY);
            Tensor same = BlockAttention.forward(q, k.mul(new Scalar(0)), v, 1);
            Tensor mean = Tensors.to(v, DType.F32).mean(1);
            assertThat(distance(same, mean.expand(40, 16))).isLessThan(TOLERANCE);
        }
    }

    @Test
    void givesTheSameBitsAgain() {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1, 2, 1100, 64);
            Tensor k = heads(1, 2, 600, 64);
            Tensor v = heads(1, 2, 600, 64);
            Tensor all = BlockAttention.forward(q, k, v, 0.125);
            assertThat(BlockAttention.forward(q, k, v, 0.125).equal(all)).isTrue();
        }
    }

    @Test
    void leavesToLibtorchWhatItCannotDo() {
        try (Scope ignored = Scope.inference()) {
            Tensor x = heads(1, 2, 32, 16);
            Tensor f32 = Tensors.to(x, DType.F32);
            assertThat(BlockAttention.takes(f32, f32, f32)).as("f32").isFalse();
            assertThat(BlockAttention.takes(x, x.narrow(0, 0, 1), x.narrow(0, 0, 1)))
                    .as("grouped")
                    .isFalse();
            Tensor few = x.narrow(1, 0, 3);
            assertThat(BlockAttention.takes(x, few, few))
                    .as("fewer keys than lanes")
                    .isFalse();
        }
    }
}
