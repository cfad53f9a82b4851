package dev.fovea.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    @Test
    void warmsUpInEqualStepsAndFallsAlongACosine() {
        Schedule s = new Schedule(1.0, 4, 104, 0.1);
        assertThat(s.at(0)).isEqualTo(0.25);
        assertThat(s.at(3)).isEqualTo(1.0);
        assertThat(s.at(4)).isEqualTo(1.0);
        assertThat(s.at(54)).isCloseTo(0.55, within(1e-12));
        assertThat(s.at(104)).isCloseTo(0.1, within(1e-12));
        assertThat(s.at(1000)).isCloseTo(0.1, within(1e-12));
    }

    @RepeatedTest(200)
    void staysBetweenNothingAndThePeakAndNeverRisesAfterWarmUp(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        double peak = random.nextDouble(0.01, 1);
        long warmup = random.nextInt(8) == 0 ? 0 : random.nextLong(51);
        long steps = random.nextLong(1, 201);
        double floor = random.nextInt(8) == 0 ? random.nextInt(2) : random.nextDouble();
        Schedule s = new Schedule(peak, warmup, steps, floor);
        for (long i = 0; i < steps; i++) {
            assertThat(s.at(i)).isBetween(0.0, peak * (1 + 1e-12));
            if (i > warmup) {
                assertThat(s.at(i)).isLessThanOrEqualTo(s.at(i - 1) + 1e-15);
                assertThat(s.at(i)).isGreaterThanOrEqualTo(peak * floor - 1e-12);
            }
        }
    }
}
