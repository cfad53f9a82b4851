package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.Test;

class ExponentialTest {

    /** Every four-thousandth number between the ends, against Java's own in f64. */
    @Test
    void isWithinAUnitInTheLastPlace() {
        int tried = 0;
        for (int bits = 0; bits < Float.floatToIntBits(88.7f); bits += 4001) {
            for (int sign = 0; sign < 2; sign++) {
                float x = Float.intBitsToFloat(bits) * (1 - 2 * sign);
                if (x < -87.3f) {
                    continue;
                }
                double exact = Math.exp(x);
                if (Math.abs(Exponential.of(x) - exact) > Math.ulp((float) exact)) {
                    fail("e^%s is %s, not %s".formatted(x, Exponential.of(x), exact));
                }
                tried++;
            }
        }
        assertThat(tried).isGreaterThan(400_000);
    }

    @Test
    void endsWhereNumbersEnd() {
        assertThat(Exponential.of(0)).isEqualTo(1);
        assertThat(Exponential.of(-0f)).isEqualTo(1);
        assertThat(Exponential.of(-88)).isZero();
        assertThat(Exponential.of(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(Exponential.of(89)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Exponential.of(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Exponential.of(Float.NaN)).isNaN();
    }
}
