package dev.fovea.techniques.primitives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Matrix;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void percentilesInterpolateLinearly() {
        float[] w = {.02f, .03f, .03f, .70f, .04f, .05f, .06f, .07f};
        assertThat(Quantiles.percentile(w, 25)).isCloseTo(.03, offset(1e-6));
        assertThat(Quantiles.percentile(w, 75)).isCloseTo(.0625, offset(1e-6));
        assertThat(Quantiles.upperOutliers(w, 1.5)).isEqualTo(1);
        assertThat(Quantiles.quantile(new float[] {1, 2, 3, 4}, 0.5)).isEqualTo(2.5);
        assertThat(Quantiles.quantile(new float[] {7}, 0.9)).isEqualTo(7);
        assertThatThrownBy(() -> Quantiles.quantile(new float[0], 0.5)).hasMessageContaining("0 values");
    }

    @Test
    void entropies() {
        assertThat(Entropy.nats(new float[] {.25f, .25f, .25f, .25f})).isCloseTo(Math.log(4), offset(1e-9));
        assertThat(Entropy.nats(new float[] {1, 0})).isZero();
        assertThat(Entropy.bits(new int[] {2, 1, 1})).isCloseTo(1.5, offset(1e-9));
        assertThat(Entropy.bits(new int[] {0, 9})).isZero();
        assertThat(Entropy.ofLogits(new float[] {3, 3})).isCloseTo(Math.log(2), offset(1e-7));
    }

    /** An example of the filter of Recoverable Compression, worked out by hand. */
    @Test
    void localOutlierFactors() {
        float[] x = {1, 2.1f, 3.3f, 4.6f, 6, 7.5f, 9.1f, 30, 50};
        double[] lof = LocalOutlierFactor.of(x, 3);
        double[] expected = {1.0323, 1.0323, 1.0648, .8970, .9413, 1.1852, 1.2453, 5.8324, 7.2679};
        for (int i = 0; i < lof.length; i++) {
            assertThat(lof[i]).isCloseTo(expected[i], offset(1e-3));
        }
        assertThat(LocalOutlierFactor.outlierShare(x, 3)).isEqualTo(2 / 9.0);
        float[] more = {-40, 1, 2.1f, 3.3f, 4.6f, 6, 7.5f, 9.1f, 30, 50};
        assertThat(LocalOutlierFactor.of(more, 3)[0]).isCloseTo(14.93, offset(0.01));
        assertThat(LocalOutlierFactor.outlierShare(more, 3)).isEqualTo(0.3);
        assertThat(TopK.largest(more, 3)).containsExactly(9, 8, 7);
    }

    @Test
    void outlierShareIsInvariantToScaleAndShift() {
        float[] x = {1, 2.1f, 3.3f, 4.6f, 6, 7.5f, 9.1f, 30, 50};
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = 4 * x[i] + 8;
        }
        assertThat(LocalOutlierFactor.outlierShare(y, 3)).isEqualTo(LocalOutlierFactor.outlierShare(x, 3));
    }

    @Test
    void equalScoresHaveNoOutliers() {
        assertThat(LocalOutlierFactor.of(new float[] {2, 2, 2, 2}, 2)).containsOnly(1.0);
        assertThat(LocalOutlierFactor.outlierShare(new float[] {5}, 3)).isZero();
        assertThat(LocalOutlierFactor.outlierShare(new float[0], 3)).isZero();
    }

    @Test
    void vectors() {
        float[] a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        assertThat(Vectors.dot(a, 0, a, 0, 10)).isEqualTo(385);
        assertThat(Vectors.dot(a, 1, a, 2, 3)).isEqualTo(2 * 3 + 3 * 4 + 4 * 5);
        assertThat(Vectors.cosine(new float[] {1, 0}, new float[] {3, 4})).isCloseTo(.6f, offset(1e-6f));
        assertThat(Vectors.cosine(new float[] {0, 0}, new float[] {3, 4})).isZero();
        assertThat(Vectors.softmax(new float[] {1000, 1000})).containsExactly(.5f, .5f);
        Matrix heads = Vectors.meanOverHeads(Matrix.of(new float[] {1, 2, 3, 4}), 2);
        assertThat(heads.data()).containsExactly(2, 3);
        assertThatThrownBy(() -> Vectors.meanOverHeads(Matrix.of(new float[3]), 2))
                .hasMessageContaining("width of 3");
        Matrix unit = Vectors.normalisedRows(Matrix.of(new float[] {3, 4}, new float[] {0, 0}), 0);
        assertThat(unit.data()).containsExactly(new float[] {.6f, .8f, 0, 0}, offset(1e-6f));
    }
}
