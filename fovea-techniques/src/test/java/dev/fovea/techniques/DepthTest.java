package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DepthTest {
    @Property
    void publishedLayersAtPublishedDepth(@ForAll @IntRange(min = 1, max = 32) int layer) {
        assertThat(Depth.scaled(layer, 32, 32)).isEqualTo(layer);
        assertThat(Depth.scaled(layer, 32, 64)).isEqualTo(2 * layer);
    }

    @Property
    void staysInside(@ForAll @IntRange(min = 1, max = 32) int layer, @ForAll @IntRange(min = 1, max = 80) int depth) {
        assertThat(Depth.scaled(layer, 32, depth)).isBetween(1, depth);
        assertThat(Depth.pruningLayer(layer, 32, depth)).isBetween(1, Math.max(1, depth - 1));
    }

    @Test
    void roundsHalfUp() {
        assertThat(Depth.scaled(8, 32, 6)).isEqualTo(2);
        assertThat(Depth.scaled(9, 24, 6)).isEqualTo(2);
        assertThat(Depth.scaled(2, 32, 4)).isEqualTo(1);
    }
}
