package dev.fovea.techniques.primitives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TopKTest {
    @Test
    void tiesGoToTheLowerIndex() {
        assertThat(TopK.largest(new float[] {1, 3, 2, 3}, 2)).containsExactly(1, 3);
        assertThat(TopK.largest(new float[] {2, 2, 2, 2}, 2)).containsExactly(0, 1);
        assertThat(TopK.smallest(new float[] {2, 1, 1, 3}, 3)).containsExactly(1, 2, 0);
        assertThat(TopK.best(new float[] {1, 3, 3})).isEqualTo(1);
    }

    @Test
    void bothZerosAreOne() {
        assertThat(TopK.largest(new float[] {-0f, 0f}, 1)).containsExactly(0);
        assertThat(TopK.smallest(new float[] {0f, -0f}, 1)).containsExactly(0);
    }

    @Test
    void negativeAndInfiniteAndMissingScoresKeepTheirPlaces() {
        float[] scores = {Float.NaN, -1, Float.NEGATIVE_INFINITY, 5, Float.POSITIVE_INFINITY, -2};
        assertThat(TopK.largest(scores, 4)).containsExactly(4, 3, 1, 5);
        assertThat(TopK.smallest(scores, 3)).containsExactly(2, 5, 1);
        assertThat(TopK.best(scores)).isEqualTo(4);
    }

    @Test
    void inOrderIsAscending() {
        assertThat(TopK.largestInOrder(new float[] {1, 9, 3, 8}, 3)).containsExactly(1, 2, 3);
    }

    @Test
    void othersAreWhatIsLeft() {
        assertThat(TopK.others(5, new int[] {3, 0, 3})).containsExactly(1, 2, 4);
    }

    @Test
    void refusesMoreThanThereIs() {
        assertThatThrownBy(() -> TopK.largest(new float[3], 4)).hasMessage("Cannot take 4 of 3 tokens.");
    }

    @RepeatedTest(200)
    void agreesWithSorting(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        // Ordinary scores, ties, and the ends of what a float holds.
        float[] ends = {0, -0f, 1, Float.MIN_VALUE, -Float.MAX_VALUE, Float.MAX_VALUE, Float.NEGATIVE_INFINITY};
        float[] scores = new float[random.nextInt(1, 41)];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = random.nextInt(3) == 0 ? ends[random.nextInt(ends.length)] : (float) random.nextGaussian();
        }
        int k = random.nextInt(scores.length + 1);
        int[] best = TopK.largest(scores, k);
        assertThat(best).hasSize(k).doesNotHaveDuplicates();
        for (int i = 0; i + 1 < k; i++) {
            float a = scores[best[i]];
            float b = scores[best[i + 1]];
            assertThat(a > b || (a == b && best[i] < best[i + 1])).isTrue();
        }
        for (int other : TopK.others(scores.length, best)) {
            for (int b : best) {
                assertThat(scores[other]).isLessThanOrEqualTo(scores[b]);
            }
        }
    }
}
