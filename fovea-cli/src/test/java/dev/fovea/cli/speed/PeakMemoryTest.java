package dev.fovea.cli.speed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PeakMemoryTest {

    @Test
    void theHighWaterMarkIsRead() {
        assertThat(PeakMemory.parse(List.of("Name:\tjava", "VmPeak:\t 9000 kB", "VmHWM:\t   1234 kB", "VmRSS:\t 5 kB")))
                .hasValue(1234 * 1024);
    }

    @Test
    void nothingIsSaidWhereTheSystemDoesNot() {
        assertThat(PeakMemory.parse(List.of("Name:\tjava"))).isEmpty();
    }
}
