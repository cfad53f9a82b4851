package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DepthTest {
    @ParameterizedTest
    @MethodSource("layers")
    void publishedLayersAtPublishedDepth(int layer) {
        assertThat(Depth.scaled(layer, 32, 32)).isEqualTo(layer);
        assertThat(Depth.scaled(layer, 32, 64)).isEqualTo(2 * layer);
    }

    @ParameterizedTest
    @MethodSource("layers")
    void staysInside(int layer) {
        for (int depth = 1; depth <= 80; depth++) {
            assertThat(Depth.scaled(layer, 32, depth)).as("of %d layers", depth).isBetween(1, depth);
            assertThat(Depth.pruningLayer(layer, 32, depth))
                    .as("of %d layers", depth)
                    .isBetween(1, Math.max(1, depth - 1));
        }
    }

    static IntStream layers() {
        return IntStream.rangeClosed(1, 32);
    }

    @Test
    void roundsHalfUp() {
        assertThat(Depth.scaled(8, 32, 6)).isEqualTo(2);
        assertThat(Depth.scaled(9, 24, 6)).isEqualTo(2);
        assertThat(Depth.scaled(2, 32, 4)).isEqualTo(1);
    }
}
