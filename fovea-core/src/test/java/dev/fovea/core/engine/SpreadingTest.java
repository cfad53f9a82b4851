package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Attribution;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shares of numbers whose gradients are known. */
class SpreadingTest {
    private static final float[] ROWS = {1, 0, 0, 2, 1, 1, -1, 1};
    private static final float[] WEIGHTS = {2, 1, -1, -1, .5f, -.5f, 0, .25f};

    private static Tensor sum(Tensor x) {
        return x.sum(new ScalarTypeOptional());
    }

    private static Function<List<List<Tensor>>, Tensor> each(Function<Tensor, Tensor> number) {
        return points -> Tensors.cat(
                0,
                points.stream()
                        .map(point -> number.apply(point.getFirst()).view(1))
                        .toArray(Tensor[]::new));
    }

    /** Every attribution of a linear number is exact, also that of noisy points; points may share a pass. */
    @Test
    void linearNumbersAreSpreadExactly() {
        List<Attribution> all = List.of(
                new Attribution.Integrated(1),
                new Attribution.Integrated(20),
                new Attribution.Gradient(),
                new Attribution.Smooth(7, 0.5, 3));
        try (Scope ignored = Scope.inference()) {
            Tensor rows = Tensors.of(ROWS, 4, 2);
            Tensor weights = Tensors.of(WEIGHTS, 4, 2);
            for (Attribution how : all) {
                for (int together : new int[] {1, 3, 100}) {
                    float[] shares = new Spreading(how, together)
                            .shares(List.of(rows), each(x -> sum(x.mul(weights))))
                            .getFirst();
                    assertThat(shares).as(how.toString()).containsExactly(new float[] {2, -2, 0, .25f}, offset(1e-5f));
                }
            }
        }
    }

    /** Of the sum of cubes the integral gives each row its cubes, three times the gradient's share is beside it. */
    @Test
    void theIntegralIsComplete() {
        try (Scope ignored = Scope.inference()) {
            Tensor rows = Tensors.of(ROWS, 4, 2);
            Function<List<List<Tensor>>, Tensor> cubes = each(x -> sum(x.mul(x).mul(x)));
            float[] integral = new Spreading(new Attribution.Integrated(2), 8)
                    .shares(List.of(rows), cubes)
                    .getFirst();
            assertThat(integral)
                    .as("two points are exact for cubes")
                    .containsExactly(new float[] {1, 8, 2, 0}, offset(1e-5f));
            float[] gradient = new Spreading(new Attribution.Gradient(), 8)
                    .shares(List.of(rows), cubes)
                    .getFirst();
            assertThat(gradient).containsExactly(new float[] {3, 24, 6, 0}, offset(1e-5f));
            float[] first = new Spreading(new Attribution.Smooth(4, 0.1, 1), 2)
                    .shares(List.of(rows), cubes)
                    .getFirst();
            float[] same = new Spreading(new Attribution.Smooth(4, 0.1, 1), 4)
                    .shares(List.of(rows), cubes)
                    .getFirst();
            float[] other = new Spreading(new Attribution.Smooth(4, 0.1, 9), 4)
                    .shares(List.of(rows), cubes)
                    .getFirst();
            assertThat(first).containsExactly(same, offset(1e-5f));
            assertThat(first[1]).isNotEqualTo(24f).isCloseTo(24, offset(6f)).isNotEqualTo(other[1]);
        }
    }

    /** Of exp(4x) - 1, which no rule of few points integrates. */
    @Test
    void theErrorOfTheIntegralFalls() {
        try (Scope ignored = Scope.inference()) {
            Tensor rows = Tensors.of(new float[] {1}, 1, 1);
            double last = Double.MAX_VALUE;
            for (int steps : new int[] {1, 2, 3, 4}) {
                float share = new Spreading(new Attribution.Integrated(steps), 8)
                        .shares(List.of(rows), each(x -> sum(Tensors.scale(x, 4).exp())))
                        .getFirst()[0];
                double error = Math.abs(share - (Math.exp(4) - 1));
                assertThat(error).isLessThan(last / 4);
                last = error;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 20, 64})
    void theRuleIntegratesWhatItShould(int steps) {
        List<Attribution.Point> points = new Attribution.Integrated(steps).points();
        assertThat(points).hasSize(steps);
        for (int power = 0; power < 2 * steps; power += 3) {
            int p = power;
            double integral = points.stream()
                    .mapToDouble(at -> at.weight() * Math.pow(at.scale(), p))
                    .sum();
            assertThat(integral).isCloseTo(1.0 / (p + 1), offset(1e-12));
        }
        for (int i = 1; i < steps; i++) {
            assertThat(points.get(i).scale()).isGreaterThan(points.get(i - 1).scale());
        }
    }

    @Test
    void badSettingsAreOneSentence() {
        assertThatThrownBy(() -> new Attribution.Integrated(0))
                .hasMessage("Gradients are taken at 1 to 10000 points, not at 0.");
        assertThatThrownBy(() -> new Attribution.Smooth(10_001, 0, 0)).hasMessageContaining("not at 10001");
        assertThatThrownBy(() -> new Attribution.Smooth(2, Double.NaN, 0)).hasMessageContaining("not NaN");
    }
}
