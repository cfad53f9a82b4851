package dev.fovea.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.eval.Mean.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeanTest {
    /** Of a picture each the interval is the usual one: sd of 1, 2, 3, 6 is 2.1602, over the root of four. */
    @Test
    void ofValuesThatHaveNothingInCommon() {
        Mean mean = Mean.of(List.of(new Sample("a", 1), new Sample("b", 2), new Sample("c", 3), new Sample("d", 6)));
        assertThat(mean.value()).isEqualTo(3);
        assertThat(mean.n()).isEqualTo(4);
        assertThat(mean.high() - 3).isCloseTo(1.959964 * 2.160247 / 2, within(1e-4));
        assertThat(3 - mean.low()).isCloseTo(1.959964 * 2.160247 / 2, within(1e-4));
    }

    /** Errors of a picture add up: -2 and -1 to -3, 0 and 3 to 3; the root of (9 + 9) 2/1, over four. */
    @Test
    void valuesOfAPictureShareItsLuck() {
        Mean mean = Mean.of(List.of(new Sample("a", 1), new Sample("a", 2), new Sample("b", 3), new Sample("b", 6)));
        assertThat(mean.high() - mean.value()).isCloseTo(1.959964 * 6 / 4, within(1e-4));
    }

    @Test
    void ofOnePictureThereIsNoInterval() {
        Mean mean = Mean.of(List.of(new Sample("a", 1), new Sample("a", 2)));
        assertThat(mean.low()).isEqualTo(1.5).isEqualTo(mean.high());
        assertThat(Mean.of(List.of()).value()).isNaN();
    }
}
