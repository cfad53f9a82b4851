package dev.fovea.eval.speculate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChiSquareTest {

    /** Critical values from tables of the distribution. */
    @ParameterizedTest
    @CsvSource({
        "3.841, 1, 0.05",
        "6.635, 1, 0.01",
        "5.991, 2, 0.05",
        "13.816, 2, 0.001",
        "18.307, 10, 0.05",
        "3.940, 10, 0.95",
        "67.505, 50, 0.05",
        "135.807, 100, 0.01",
        "0.0158, 1, 0.9"
    })
    void probabilities(double statistic, int freedom, double p) {
        assertThat(new ChiSquare(statistic, freedom).p()).isCloseTo(p, within(0.002 * p + 5e-5));
    }

    @Test
    void twoByTwoByHand() {
        // 30 of 50 and 20 of 50: 4 cells of 25 expected, each off by 5.
        ChiSquare test = ChiSquare.ofSamples(Map.of("a", 30, "b", 20), Map.of("a", 20, "b", 30));
        assertThat(test.statistic()).isCloseTo(4, within(1e-9));
        assertThat(test.freedom()).isEqualTo(1);
    }

    /** Samples of two sizes; and what is rare is one outcome. */
    @Test
    void sizesAndRareOutcomes() {
        Map<String, Integer> one = new HashMap<>(Map.of("a", 100, "b", 100));
        Map<String, Integer> other = new HashMap<>(Map.of("a", 50, "b", 50));
        assertThat(ChiSquare.ofSamples(one, other).statistic()).isCloseTo(0, within(1e-9));
        for (int i = 0; i < 8; i++) {
            one.put("rare" + i, 2);
            other.put("rare" + i, 1);
        }
        ChiSquare pooled = ChiSquare.ofSamples(one, other);
        assertThat(pooled.freedom()).isEqualTo(2);
        assertThat(pooled.p()).isGreaterThan(0.9);
        assertThat(ChiSquare.ofSamples(Map.of("a", 5), Map.of("a", 7)).p()).isEqualTo(1);
        assertThatThrownBy(() -> ChiSquare.ofSamples(Map.of(), Map.of("a", 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Samples of one distribution are rarely told apart, those of two nearly always. */
    @Test
    void tellsDistributionsApart() {
        SplittableRandom random = new SplittableRandom(3);
        int alike = 0;
        int apart = 0;
        for (int round = 0; round < 200; round++) {
            Map<Integer, Integer> one = draw(random, 0.5);
            alike += ChiSquare.ofSamples(one, draw(random, 0.5)).p() < 0.01 ? 1 : 0;
            apart += ChiSquare.ofSamples(one, draw(random, 0.65)).p() < 0.01 ? 1 : 0;
        }
        assertThat(alike).isLessThan(10);
        assertThat(apart).isGreaterThan(180);
    }

    private static Map<Integer, Integer> draw(SplittableRandom random, double share) {
        Map<Integer, Integer> counts = new HashMap<>();
        for (int i = 0; i < 600; i++) {
            int outcome = random.nextDouble() < share ? 0 : 1 + random.nextInt(3);
            counts.merge(outcome, 1, Integer::sum);
        }
        return counts;
    }

    @Test
    void theFirstDifference() {
        assertThat(DraftFigures.difference(List.of(1, 2, 3), List.of(1, 2, 3))).isEqualTo(-1);
        assertThat(DraftFigures.difference(List.of(1, 2, 3), List.of(1, 4, 3))).isEqualTo(1);
        assertThat(DraftFigures.difference(List.of(1, 2), List.of(1, 2, 3))).isEqualTo(2);
        assertThat(DraftFigures.difference(List.of(), List.of())).isEqualTo(-1);
    }
}
