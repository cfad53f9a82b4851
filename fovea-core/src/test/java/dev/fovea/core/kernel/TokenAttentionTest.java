package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenAttentionTest {
    private static final int[] KEYS = {1, 2, 7, 8, 9, 31, 400, 1031};

    @ParameterizedTest(name = "{0}: {1} heads of {3} over {2}")
    @CsvSource({
        "BF16, 9, 3, 64, 0",
        "BF16, 8, 8, 32, 0",
        "BF16, 4, 1, 100, 5",
        "F32, 9, 3, 64, 0",
        "F32, 8, 8, 32, 2",
        "F32, 4, 2, 7, 0",
        "BF16, 2, 2, 6, 0"
    })
    void equalsTheFormulaWhoeverElseIsThere(DType dtype, int heads, int kvHeads, int d, double cap) {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(d);
            double scale = 2 / Math.sqrt(d);
            TokenAttention.Heads shape = new TokenAttention.Heads(heads, kvHeads, d, scale, cap);
            Tensor q = Tensors.to(torch.randn(KEYS.length, (long) heads * d), dtype);
            List<Tensor> kept = new ArrayList<>();
            List<TokenAttention.Held> held = new ArrayList<>();
            for (int keys : KEYS) {
                // The front of a longer one, as a cache with room has it.
                Tensor k = Tensors.to(torch.randn(kvHeads, keys + 5, d), dtype);
                Tensor v = Tensors.to(torch.randn(kvHeads, keys + 5, d), dtype);
                kept.addAll(List.of(k, v));
                held.add(new TokenAttention.Held(
                        k.data_ptr().address(), v.data_ptr().address(), (long) (keys + 5) * d * dtype.bytes(), keys));
            }
            assertThat(TokenAttention.ready(dtype)).isTrue();
            float[] queries = Tensors.floats(q);
            float[] all = run(dtype, queries, shape, held);
            int width = heads * d;
            for (int t = 0; t < KEYS.length; t++) {
                float[] own = Arrays.copyOfRange(all, t * width, (t + 1) * width);
                assertThat(run(
                                dtype,
                                Arrays.copyOfRange(queries, t * width, (t + 1) * width),
                                shape,
                                List.of(held.get(t))))
                        .isEqualTo(own);
                float[] expected = formula(
                        q.narrow(0, t, 1),
                        kept.get(2 * t).narrow(1, 0, KEYS[t]),
                        kept.get(2 * t + 1).narrow(1, 0, KEYS[t]),
                        shape);
                double tolerance = dtype == DType.BF16 ? 1.0 / 256 : 1e-5;
                for (int i = 0; i < width; i++) {
                    assertThat(Math.abs(own[i] - expected[i]))
                            .isLessThanOrEqualTo((float) (tolerance * Math.abs(expected[i]) + 4e-6));
                }
            }
        }
    }

    private static float[] run(DType dtype, float[] q, TokenAttention.Heads shape, List<TokenAttention.Held> held) {
        float[] out = new float[q.length];
        try (TokenAttention attention = new TokenAttention(2, dtype, q.length)) {
            attention.run(q, shape, held, out);
        }
        return out;
    }

    private static float[] formula(Tensor q, Tensor k, Tensor v, TokenAttention.Heads shape) {
        int group = shape.heads() / shape.kvHeads();
        int[] of = new int[shape.heads()];
        Arrays.setAll(of, head -> head / group);
        Tensor wideK = Tensors.to(k, DType.F64).index_select(0, Tensors.indices(of));
        Tensor wideV = Tensors.to(v, DType.F64).index_select(0, Tensors.indices(of));
        Tensor rows = Tensors.to(q, DType.F64).view(shape.heads(), 1, shape.d());
        Tensor scores = Tensors.scale(rows.matmul(wideK.transpose(1, 2)), shape.scale());
        Tensor capped = shape.cap() == 0
                ? scores
                : Tensors.scale(Tensors.scale(scores, 1 / shape.cap()).tanh(), shape.cap());
        return Tensors.floats(capped.softmax(-1).matmul(wideV));
    }
}
