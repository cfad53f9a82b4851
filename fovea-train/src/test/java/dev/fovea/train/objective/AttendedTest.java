package dev.fovea.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.path.Matrix;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What scores of visual tokens learn to imitate (CoViPAL, arXiv 2508.17243), on tokens v0 v1 v2 t0 t1 and two heads. */
class AttendedTest {
    private static final float[] FIRST = {
        1, 0, 0, 0, 0, .6f, .4f, 0, 0, 0, .2f, .5f, .3f, 0, 0, .1f, .4f, .2f, .3f, 0, .05f, .45f, .1f, .2f, .2f
    };
    private static final float[] SECOND = {
        1, 0, 0, 0, 0, .5f, .5f, 0, 0, 0, .1f, .1f, .8f, 0, 0, .2f, .1f, .3f, .4f, 0, .1f, .1f, .4f, .2f, .2f
    };

    private static Matrix mean() {
        float[] mean = new float[25];
        for (int i = 0; i < 25; i++) {
            mean[i] = (FIRST[i] + SECOND[i]) / 2;
        }
        return new Matrix(5, 5, mean);
    }

    /** The last three queries, v2 t0 t1: 0.75, 1.65 and 2.10 over both heads. The words alone would prefer v1. */
    @Test
    void asManyQueriesAsVisualTokensCount() {
        float[] received = Attended.received(mean(), new int[] {0, 1, 2});
        assertThat(new float[] {2 * received[0], 2 * received[1], 2 * received[2]})
                .containsExactly(new float[] {0.75f, 1.65f, 2.10f}, within(1e-6f));
    }

    /** Words in front of the picture are keys of nobody's, and queries only where the prompt is short behind it. */
    @Test
    void onlyVisualKeysAreTold() {
        assertThat(Attended.received(mean(), new int[] {1, 3}))
                .containsExactly(
                        new float[] {(.4f + .1f + .45f + .1f) / 2, (.3f + .4f + .2f + .2f) / 2}, within(1e-6f));
    }

    @Test
    void standardisedTargetsHaveNoMeanAndOneDeviation() {
        assertThat(Attended.standardised(new float[] {1, 3, 5}))
                .containsExactly(new float[] {-1.2247449f, 0, 1.2247449f}, within(1e-6f));
        assertThat(Attended.standardised(new float[] {2, 2, 2})).containsOnly(0);
    }

    @Test
    void rankCorrelationIsSpearmans() {
        float[] rising = {1, 2, 3, 40};
        assertThat(Attended.spearman(rising, new float[] {0.1f, 0.2f, 0.3f, 0.4f}))
                .isCloseTo(1, within(1e-6));
        assertThat(Attended.spearman(rising, new float[] {4, 3, 2, 1})).isCloseTo(-1, within(1e-6));
        // 1 - 6 sum(d^2) / (n (n^2 - 1)) with d = 1, 1, 0, 0.
        assertThat(Attended.spearman(rising, new float[] {2, 1, 3, 4})).isCloseTo(0.8, within(1e-6));
        // Ties share their ranks: 1.5, 1.5, 3, 4 against 1, 2, 3, 4.
        assertThat(Attended.spearman(rising, new float[] {1, 1, 3, 4}))
                .isCloseTo(4.5 / Math.sqrt(4.5 * 5), within(1e-6));
        assertThat(Attended.alike(rising, new float[] {2, 1, 3, 4}).value()).isCloseTo(0.8, within(1e-4));
    }

    @Test
    void theBestQuarters() {
        float[] a = new float[8];
        float[] b = new float[8];
        IntStream.range(0, 8).forEach(i -> {
            a[i] = i;
            b[i] = i == 6 ? -1 : i;
        });
        assertThat(Attended.sameQuarter(a, a).value()).isEqualTo(1);
        assertThat(Attended.sameQuarter(a, b).value()).isEqualTo(0.5);
    }
}
