package dev.fovea.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProportionTest {

    /** The examples of Newcombe (1998), table I, method 3. */
    @ParameterizedTest
    @CsvSource({"81,263,0.2553,0.3662", "15,148,0.0624,0.1605", "0,20,0.0000,0.1611", "1,29,0.0061,0.1718"})
    void intervalsAreWilsons(int correct, int n, double low, double high) {
        Proportion p = new Proportion(correct, n);
        assertThat(p.low()).isCloseTo(low, within(5e-5));
        assertThat(p.high()).isCloseTo(high, within(5e-5));
    }

    @Test
    void allRightStillLeavesADoubt() {
        Proportion p = new Proportion(20, 20);
        assertThat(p.high()).isEqualTo(1);
        assertThat(p.low()).isCloseTo(0.8389, within(5e-5));
    }

    @Test
    void moreRightThanAskedIsRefused() {
        assertThatThrownBy(() -> new Proportion(3, 2)).isInstanceOf(IllegalArgumentException.class);
    }
}
