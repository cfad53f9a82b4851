package dev.fovea.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptimizerTest {
    private static final Predicate<Parameters.Entry> ALL = e -> true;

    /** AdamW as its paper writes it, in double precision. */
    private static final class ByHand {
        final double[] value;
        final double decay;
        final double[] first;
        final double[] second;
        int t;

        ByHand(double decay, double... value) {
            this.value = value;
            this.decay = decay;
            first = new double[value.length];
            second = new double[value.length];
        }

        void step(double lr, double... g) {
            t++;
            for (int i = 0; i < value.length; i++) {
                first[i] = 0.9 * first[i] + 0.1 * g[i];
                second[i] = 0.98 * second[i] + 0.02 * g[i] * g[i];
                double m = first[i] / (1 - Math.pow(0.9, t));
                double v = second[i] / (1 - Math.pow(0.98, t));
                value[i] -= lr * decay * value[i];
                value[i] -= lr * m / (Math.sqrt(v) + 1e-8);
            }
        }
    }

    private static Parameters two() {
        Parameters p = new Parameters(1);
        p.vector("bias", 0.5, 2);
        p.table("table", 1, 1, 3);
        p.freeze();
        set(p.get("table"), 1, -2, 3);
        return p;
    }

    private static void set(Tensor t, double... values) {
        try (Scope scope = Scope.inference()) {
            float[] v = new float[values.length];
            for (int i = 0; i < v.length; i++) {
                v[i] = (float) values[i];
            }
            t.detach().copy_(Tensors.of(v, Tensors.shape(t)));
        }
    }

    private static Tensor first(Optimizer optimizer) {
        return Objects.requireNonNull(optimizer.state().get("optimizer.first"));
    }

    private static void assertClose(Tensor actual, double[] expected) {
        float[] values = Tensors.floats(actual);
        assertThat(values).hasSameSizeAs(expected);
        for (int i = 0; i < values.length; i++) {
            assertThat((double) values[i]).isCloseTo(expected[i], within(2e-6));
        }
    }

    @Test
    void adamWTakesTheStepsOfThePaper() {
        Optimizer.Settings settings = new Optimizer.Settings(0.9, 0.98, 1e-8, 0.1, 1e9, 0, Precision.F32);
        try (Parameters p = two();
                Optimizer optimizer = new Optimizer(p, settings, ALL)) {
            ByHand bias = new ByHand(0, 0.5, 0.5);
            ByHand table = new ByHand(0.1, 1, -2, 3);
            double[][] gradients = {{0.3, -4, 1, 0.5, -0.25}, {-0.1, 2, 0, 0.125, 3}, {7, 0.01, -1, -2, 0.5}};
            for (double[] g : gradients) {
                set(p.gradients(), g);
                optimizer.step(0.01);
                bias.step(0.01, g[0], g[1]);
                table.step(0.01, g[2], g[3], g[4]);
            }
            assertClose(p.get("bias"), bias.value);
            assertClose(p.get("table"), table.value);
            assertClose(p.gradients(), new double[5]);
            assertThat(optimizer.steps()).isEqualTo(3);
        }
    }

    @Test
    void aGradientLongerThanTheLimitIsShortened() {
        Optimizer.Settings settings = new Optimizer.Settings(0.9, 0.98, 1e-8, 0, 1.0, 0, Precision.F32);
        try (Parameters p = two();
                Optimizer optimizer = new Optimizer(p, settings, ALL)) {
            set(p.gradients(), 3, 0, 0, 0, 4);
            assertThat(optimizer.step(0.01)).isCloseTo(5, within(1e-6));
            // The first moment after one step is a tenth of the gradient, shortened to length 1.
            assertClose(first(optimizer), new double[] {0.06, 0, 0, 0, 0.08});
        }
    }

    @Test
    void whatIsNotTrainableStandsStill() {
        try (Parameters p = two();
                Optimizer optimizer = new Optimizer(
                        p, Optimizer.Settings.adamW(), e -> !e.name().equals("table"))) {
            set(p.gradients(), 1, 1, 1, 1, 1);
            optimizer.step(0.1);
            assertClose(p.get("table"), new double[] {1, -2, 3});
            assertThat(Tensors.floats(p.get("bias"))[0]).isLessThan(0.45f);
        }
    }

    @Test
    void aGradientThatIsNoNumberChangesNothingButCounts() {
        try (Parameters p = two();
                Optimizer optimizer = new Optimizer(p, Optimizer.Settings.adamW(), ALL)) {
            set(p.gradients(), 1, Double.NaN, 1, 1, 1);
            assertThat(optimizer.step(0.1)).isNaN();
            assertClose(p.get("table"), new double[] {1, -2, 3});
            assertClose(first(optimizer), new double[5]);
            assertClose(p.gradients(), new double[5]);
            assertThat(optimizer.steps()).isEqualTo(1);
        }
    }

    @Test
    void itGoesOnFromItsState() {
        try (Parameters p = two();
                Parameters q = two();
                Optimizer a = new Optimizer(p, Optimizer.Settings.adamW(), ALL);
                Optimizer b = new Optimizer(q, Optimizer.Settings.adamW(), ALL)) {
            set(p.gradients(), 1, 2, 3, 4, 5);
            a.step(0.1);
            set(q.values(), doubles(p.values()));
            b.restore(Map.copyOf(a.state()), a.steps());
            set(p.gradients(), -1, 0, 2, 0, 1);
            set(q.gradients(), -1, 0, 2, 0, 1);
            a.step(0.1);
            b.step(0.1);
            assertThat(Tensors.floats(q.values())).isEqualTo(Tensors.floats(p.values()));
        }
    }

    private static double[] doubles(Tensor t) {
        float[] f = Tensors.floats(t);
        double[] d = new double[f.length];
        for (int i = 0; i < d.length; i++) {
            d[i] = f[i];
        }
        return d;
    }

    @ParameterizedTest
    @CsvSource({"24,24", "48,16", "16,48"})
    void newtonSchulzBringsSingularValuesNearOne(int rows, int cols) {
        SplittableRandom random = new SplittableRandom(7);
        float[] data = new float[2 * rows * cols];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        try (Scope scope = Scope.inference()) {
            Tensor m = Tensors.of(data, 2, rows, cols);
            Tensor q = Optimizer.orthogonalise(m, Precision.F32);
            assertThat(Tensors.shape(q)).containsExactly(2, rows, cols);
            // The eigenvalues of q q^T (or q^T q) are the squares: the quintic iteration leaves them between
            // 0.68 and 1.13 squared, apart from values that were almost nothing to begin with.
            Tensor gram =
                    rows <= cols ? q.bmm(q.transpose(1, 2)) : q.transpose(1, 2).bmm(q);
            float[] g = Tensors.floats(gram);
            int n = Math.min(rows, cols);
            double trace = 0;
            for (int b = 0; b < 2; b++) {
                for (int i = 0; i < n; i++) {
                    trace += g[b * n * n + i * n + i];
                    for (int j = 0; j < n; j++) {
                        if (i != j) {
                            assertThat((double) g[b * n * n + i * n + j]).isBetween(-0.35, 0.35);
                        }
                    }
                }
            }
            assertThat(trace / (2 * n)).isBetween(0.6, 1.2);
            // It keeps the directions: the product with the original has a positive trace, of the nuclear norm's size.
            double along = Tensors.floats(q.mul(m).sum())[0];
            assertThat(along).isGreaterThan(0.5 * n * Math.sqrt(Math.max(rows, cols)));
        }
    }

    @Test
    void hiddenMatricesTakeOrthogonalStepsAndOthersDoNot() {
        Optimizer.Settings settings = new Optimizer.Settings(0.9, 0.98, 1e-8, 0, 1e9, 10, Precision.F32);
        Parameters declared = new Parameters(3);
        declared.matrix("hidden", 8, 8, 0.1);
        declared.table("table", 0.1, 8, 8);
        try (Parameters p = declared.freeze();
                Optimizer optimizer = new Optimizer(p, settings, ALL)) {
            float[] before = Tensors.floats(p.values());
            SplittableRandom random = new SplittableRandom(5);
            double[] g = random.doubles(128, -1, 1).toArray();
            set(p.gradients(), g);
            optimizer.step(0.001);
            float[] after = Tensors.floats(p.values());
            double hidden = 0;
            double table = 0;
            for (int i = 0; i < 64; i++) {
                hidden += Math.pow(after[i] - before[i], 2);
                table += Math.pow(after[64 + i] - before[64 + i], 2);
            }
            // An orthogonal 8 x 8 matrix has norm sqrt(8); AdamW's first step is the learning rate everywhere.
            assertThat(Math.sqrt(hidden)).isBetween(0.01 * Math.sqrt(8) * 0.7, 0.01 * Math.sqrt(8) * 1.15);
            assertThat(Math.sqrt(table)).isCloseTo(0.001 * 8, within(1e-5));
        }
    }
}
