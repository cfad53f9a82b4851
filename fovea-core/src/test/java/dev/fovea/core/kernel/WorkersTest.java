package dev.fovea.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkersTest {

    @ParameterizedTest
    @CsvSource({"1, 10", "2, 1", "2, 1000", "8, 5", "3, 0"})
    void everyBlockRunsOnce(int threads, int blocks) {
        AtomicIntegerArray runs = new AtomicIntegerArray(blocks);
        Workers.run(threads, blocks, runs::incrementAndGet);
        for (int b = 0; b < blocks; b++) {
            assertThat(runs.get(b)).isEqualTo(1);
        }
    }

    @Test
    void aFailureReachesTheCallerAndTheNextCallWorks() {
        assertThatThrownBy(() -> Workers.run(2, 100, b -> {
                    if (b == 50) {
                        throw new IllegalStateException("block 50");
                    }
                }))
                .hasMessage("block 50");
        everyBlockRunsOnce(2, 100);
    }
}
