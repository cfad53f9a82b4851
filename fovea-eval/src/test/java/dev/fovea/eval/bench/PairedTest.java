package dev.fovea.eval.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class PairedTest {
    /** So many questions won, lost and drawn, each about a picture of its own. */
    private static List<Paired.Pair> apart(int won, int lost, int drawn) {
        List<Paired.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < won + lost + drawn; i++) {
            pairs.add(new Paired.Pair("p" + i, i < won ? 1 : i < won + lost ? -1 : 0));
        }
        return pairs;
    }

    @Test
    void apartItIsTheIntervalOfAgrestiAndMin() {
        // 4 won, 1 lost of 20; with the questions added 4.5 and 1.5 of 22: centre 3/22 = 0.136364, variance
        // (6/22 - (3/22)^2) / 22 = 0.0115515, half width 1.959964 * 0.107478 = 0.210653.
        Paired paired = Paired.of(apart(4, 1, 15));
        assertThat(paired.difference()).isCloseTo(0.15, within(1e-12));
        assertThat(paired.low()).isCloseTo(-0.074289, within(1e-5));
        assertThat(paired.high()).isCloseTo(0.347017, within(1e-5));
        assertThat(paired.n()).isEqualTo(20);
    }

    @Test
    void questionsAboutOnePictureShareItsLuck() {
        // Two pictures of two questions each, all won and all lost: centre 0, clusters 2^2 + 2^2, added 1; 9 / 6^2.
        Paired together = Paired.of(List.of(
                new Paired.Pair("a", 1), new Paired.Pair("a", 1), new Paired.Pair("b", -1), new Paired.Pair("b", -1)));
        assertThat(together.high()).isCloseTo(1.959964 * 0.5, within(1e-5));
        // Apart, the same answers tell more: 4 + 1 over 6^2.
        assertThat(Paired.of(apart(2, 2, 0)).high()).isCloseTo(1.959964 * Math.sqrt(5) / 6, within(1e-5));
    }

    @Test
    void aFewDrawsDoNotProveEquality() {
        Paired paired = Paired.of(apart(0, 0, 5));
        assertThat(paired.low()).isCloseTo(-1.959964 / 7, within(1e-5));
        assertThat(paired.high()).isCloseTo(1.959964 / 7, within(1e-5));
    }

    @Test
    void nothingHasNoDifference() {
        assertThatThrownBy(() -> Paired.of(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one question");
    }

    @RepeatedTest(200)
    void swappingSidesMirrorsTheInterval(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int won = random.nextInt(31);
        int lost = random.nextInt(8) == 0 ? won : random.nextInt(31);
        int drawn = random.nextInt(1, 31);
        Paired one = Paired.of(apart(won, lost, drawn));
        Paired other = Paired.of(apart(lost, won, drawn));
        assertThat(one.low()).isCloseTo(-other.high(), within(1e-12)).isLessThan(one.high());
        assertThat(one.difference()).isCloseTo(-other.difference(), within(1e-12));
    }

    @Test
    void verdictsNeedTheWholeInterval() {
        assertThat(Verdict.above(new Paired(0.1, 0.01, 0.2, 9), 0)).isEqualTo(Verdict.HELD);
        assertThat(Verdict.above(new Paired(0.1, -0.01, 0.2, 9), 0)).isEqualTo(Verdict.OPEN);
        assertThat(Verdict.above(new Paired(-0.1, -0.2, -0.01, 9), 0)).isEqualTo(Verdict.NOT_HELD);
        assertThat(Verdict.below(new Paired(-0.1, -0.2, -0.01, 9), 0)).isEqualTo(Verdict.HELD);
        assertThat(Verdict.below(new Paired(0.1, 0.06, 0.2, 9), 0.05)).isEqualTo(Verdict.NOT_HELD);
        assertThat(Verdict.level(new Paired(0, -0.02, 0.02, 9))).isEqualTo(Verdict.HELD);
        assertThat(Verdict.level(new Paired(0, -0.05, 0.05, 9))).isEqualTo(Verdict.OPEN);
        assertThat(Verdict.level(new Paired(-0.015, -0.02, -0.01, 9))).isEqualTo(Verdict.NOT_HELD);
    }
}
