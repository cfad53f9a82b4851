package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Activations by vectors against the formulas in f64, at sizes that do and do not fill vectors and blocks. */
class RowActivationTest {
    /** A bf16 has eight bits; where f32 falls on the other side of a tie, it is one step away. */
    private static final double STEP = 1.0 / 128;

    /** Below this, results are nothing beside the rest of a state. */
    private static final double NOTHING = 1e-30;

    @BeforeEach
    void vectors() {
        assumeThat(Kernels.vectors()).isTrue();
    }

    private static DoubleUnaryOperator truth(RowActivation kind) {
        return switch (kind) {
            case GELU_TANH -> x -> x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case QUICK_GELU -> x -> x / (1 + Math.exp(-1.702 * x));
        };
    }

    private static float[] numbers(int count, long seed) {
        Random random = new Random(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            double scale = i % 5 == 0 ? 20 : i % 5 == 1 ? 0.01 : 2;
            x[i] = FloatCopies.rounded((float) (scale * random.nextGaussian()));
        }
        float[] edges = {0, -0f, 300, -300, 3e38f, -3e38f, Float.POSITIVE_INFINITY, 1e-38f};
        System.arraycopy(edges, 0, x, 0, Math.min(count, edges.length));
        return x;
    }

    private static float[] floats(Tensor x) {
        return Tensors.floats(Tensors.to(x, DType.F32));
    }

    @ParameterizedTest
    @CsvSource({
        "GELU_TANH, 1",
        "GELU_TANH, 15",
        "GELU_TANH, 70000",
        "QUICK_GELU, 17",
        "QUICK_GELU, 8192",
        "QUICK_GELU, 65537"
    })
    void isTheFormula(RowActivation kind, int count) {
        float[] x = numbers(count, count);
        DoubleUnaryOperator truth = truth(kind);
        try (Scope ignored = Scope.inference()) {
            Tensor t = Tensors.to(Tensors.of(x, count), DType.BF16);
            assertThat(kind.takes(t)).isTrue();
            kind.forward(t);
            float[] got = floats(t);
            int steps = 0;
            for (int i = 0; i < count; i++) {
                float want = FloatCopies.rounded((float) truth.applyAsDouble(x[i]));
                if (got[i] != want) {
                    assertThat((double) got[i])
                            .as("%s of %s", kind, x[i])
                            .isCloseTo(want, offset(STEP * Math.abs(want) + NOTHING));
                    steps += Math.abs(want) > NOTHING ? 1 : 0;
                }
            }
            assertThat(steps).isLessThanOrEqualTo(1 + count / 200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void leavesToLibtorchWhatItCannotDo(RowActivation kind) {
        try (Scope ignored = Scope.inference()) {
            assertThat(kind.takes(torch.randn(8, 8))).as("f32").isFalse();
            Tensor square = Tensors.to(torch.randn(8, 8), DType.BF16);
            assertThat(kind.takes(square.t().narrow(0, 0, 4))).as("strided").isFalse();
        }
    }
}
