package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Random;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
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

    private static Tensor truth(Tensor q, Tensor k, Tensor v, double scale, boolean causal) {
        long group = q.size(0) / k.size(0);
        Tensor keys = Tensors.to(k, DType.F32).repeat_interleave(group, new LongOptional(0), new LongOptional());
        Tensor values = Tensors.to(v, DType.F32).repeat_interleave(group, new LongOptional(0), new LongOptional());
        Tensor scores = Tensors.scale(Tensors.to(q, DType.F32).matmul(keys.transpose(1, 2)), scale);
        if (causal) {
            Tensor seen = torch.tril(Tensors.full(1, DType.BOOL, q.size(1), k.size(1)), k.size(1) - q.size(1));
            scores = scores.masked_fill(seen.logical_not(), new Scalar(Double.NEGATIVE_INFINITY));
        }
        Tensor out = torch.softmax(scores, -1).matmul(values);
        return out.permute(1, 0, 2).reshape(q.size(1), q.size(0) * q.size(2));
    }

    private static double distance(Tensor got, Tensor want) {
        Tensor wide = Tensors.to(got, DType.F32);
        return wide.sub(want).norm().item_double() / want.norm().item_double();
    }

    /** Each head with keys of its own, and heads that share them. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 16, 8",
        "2, 2, 5, 17, 16",
        "3, 3, 513, 31, 32",
        "4, 4, 577, 577, 64",
        "2, 2, 300, 1100, 80",
        "12, 12, 1024, 1024, 64",
        "4, 2, 5, 17, 16",
        "6, 1, 130, 3, 64",
        "9, 3, 176, 176, 64",
        "8, 1, 300, 1100, 32"
    })
    void isTheFormula(int heads, int groups, int queries, int keys, int d) {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1, heads, queries, d);
            Tensor k = heads(1, groups, keys, d);
            Tensor v = heads(1, groups, keys, d);
            double scale = 1 / Math.sqrt(d);
            assertThat(BlockAttention.takes(q, k, v)).isTrue();
            Tensor got = BlockAttention.forward(q, k, v, scale);
            assertThat(distance(got, truth(q, k, v, scale, false))).isLessThan(TOLERANCE);
        }
    }

    /** Last tokens of a sequence: one block and several, with and without tokens before them, alone and in groups. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1, 16",
        "2, 2, 1, 40, 16",
        "2, 2, 15, 15, 8",
        "3, 3, 16, 16, 64",
        "3, 1, 17, 33, 64",
        "4, 4, 255, 255, 64",
        "4, 4, 256, 256, 64",
        "4, 4, 257, 257, 64",
        "4, 4, 276, 276, 64",
        "2, 2, 100, 300, 64",
        "2, 2, 3, 513, 64",
        "9, 3, 176, 176, 64",
        "9, 3, 20, 201, 64",
        "16, 2, 337, 337, 128",
        "16, 2, 64, 700, 128",
        "2, 2, 700, 700, 80",
        "2, 1, 700, 1400, 32",
        "4, 1, 129, 4100, 16"
    })
    void causalIsTheFormulaUnderItsMask(int heads, int groups, int queries, int keys, int d) {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1, heads, queries, d);
            Tensor k = heads(1, groups, keys, d);
            Tensor v = heads(1, groups, keys, d);
            double scale = 1 / Math.sqrt(d);
            Tensor got = BlockAttention.causal(q, k, v, scale);
            Tensor want = truth(q, k, v, scale, true);
            assertThat(distance(got, want)).isLessThan(TOLERANCE);
            assertThat(distance(got.narrow(0, 0, 1), want.narrow(0, 0, 1))).isLessThan(2 * TOLERANCE);
            assertThat(distance(got.narrow(0, queries - 1, 1), want.narrow(0, queries - 1, 1)))
                    .isLessThan(2 * TOLERANCE);
        }
    }

    @RepeatedTest(30)
    void causalIsTheFormulaAtAnySize(RepetitionInfo repetition) {
        torch.manual_seed(repetition.getCurrentRepetition());
        Random random = new Random(repetition.getCurrentRepetition());
        int groups = 1 + random.nextInt(3);
        int heads = groups * (1 + random.nextInt(4));
        int queries = 1 + random.nextInt(700);
        int keys = queries + (random.nextBoolean() ? 0 : random.nextInt(600));
        int d = 8 * (1 + random.nextInt(12));
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1, heads, queries, d);
            Tensor k = heads(1, groups, keys, d);
            Tensor v = heads(1, groups, keys, d);
            double scale = 1 / Math.sqrt(d);
            Tensor got = BlockAttention.causal(q, k, v, scale);
            assertThat(distance(got, truth(q, k, v, scale, true)))
                    .as("%d/%d heads of %d, %d queries, %d keys", heads, groups, d, queries, keys)
                    .isLessThan(TOLERANCE);
        }
    }

    @Test
    void causalQueriesDoNotDependOnWhatIsBehindThem() {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1, 4, 400, 64);
            Tensor k = heads(1, 2, 500, 64);
            Tensor v = heads(1, 2, 500, 64);
            Tensor before = BlockAttention.causal(q, k, v, 0.125).clone();
            k.narrow(1, 300, 200).fill_(new Scalar(3e38));
            v.narrow(1, 300, 200).fill_(new Scalar(-3e38));
            Tensor after = BlockAttention.causal(q, k, v, 0.125);
            assertThat(after.narrow(0, 0, 200).equal(before.narrow(0, 0, 200))).isTrue();
            assertThat(after.narrow(0, 200, 1).equal(before.narrow(0, 200, 1))).isFalse();
        }
    }

    /** Over values that are all 1, a row is the sum of its weights. */
    @Test
    void weightsOfARowSumToOneAndEqualOnesAreAlike() {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(2, 3, 333, 64);
            Tensor k = heads(2, 1, 401, 64);
            Tensor ones = Tensors.full(1, DType.BF16, 1, 401, 64);
            for (float sum : Tensors.floats(Tensors.to(BlockAttention.causal(q, k, ones, 0.125), DType.F32))) {
                assertThat(sum).isCloseTo(1, within(0.01f));
            }
            Tensor v = heads(1, 1, 401, 64);
            Tensor means = BlockAttention.causal(q, k.mul(new Scalar(0)), v, 0.125);
            Tensor wide = Tensors.to(v, DType.F32);
            for (int row : new int[] {0, 1, 100, 332}) {
                Tensor mean = wide.narrow(1, 0, 401 - 333 + row + 1).mean(1);
                assertThat(distance(means.narrow(0, row, 1), mean.repeat(1, 3))).isLessThan(2 * TOLERANCE);
            }
        }
    }

    @Test
    void causalStaysFiniteWhereScoresAreHuge() {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1e15, 2, 70, 64);
            Tensor k = heads(1e15, 2, 90, 64);
            Tensor v = heads(1, 2, 90, 64);
            for (double sign : new double[] {1, -1}) {
                Tensor got = BlockAttention.causal(q.abs().mul(new Scalar(sign)), k.abs(), v, 0.125);
                assertThat(Tensors.floats(Tensors.to(got, DType.F32))).doesNotContain(Float.NaN);
            }
            Tensor mixed = BlockAttention.causal(q, k, v, 0.125);
            assertThat(Tensors.floats(Tensors.to(mixed, DType.F32)))
                    .doesNotContain(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        }
    }

    /** As in a pass with others, and from a cache. */
    @ParameterizedTest
    @CsvSource({"2, 2, 300", "6, 2, 177"})
    void causalGivesTheSameBitsWhereverItsHeadsLie(int heads, int groups, int tokens) {
        try (Scope ignored = Scope.inference()) {
            Tensor q = heads(1, heads, tokens + 90, 64).narrow(1, 37, tokens);
            Tensor k = heads(1, groups, tokens + 90, 64).narrow(1, 37, tokens);
            Tensor v = heads(1, groups, tokens + 90, 64).narrow(1, 37, tokens);
            Tensor got = BlockAttention.causal(q, k, v, 0.125);
            assertThat(BlockAttention.causal(q.contiguous(), k.contiguous(), v.contiguous(), 0.125)
                            .equal(got))
                    .isTrue();
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
            assertThat(BlockAttention.takes(x, f32, f32)).as("keys in f32").isFalse();
        }
        try (Scope ignored = Scope.training()) {
            Tensor x = heads(1, 2, 32, 16).detach().requires_grad_();
            assertThat(BlockAttention.takes(x, x, x)).as("gradients").isFalse();
        }
    }
}
