package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DiceTest {
    @Property
    void drawsStayInRange(@ForAll long seed, @ForAll @IntRange(min = 1, max = Integer.MAX_VALUE) int bound) {
        Dice dice = new Dice(seed, 1);
        assertThat(dice.below(bound)).isBetween(0, bound - 1);
        assertThat(dice.unit()).isBetween(0.0, Math.nextDown(1.0));
    }

    @Test
    void theFinalizerIsTheOneOfSplitMix64() {
        assertThat(Dice.mix(0x9E3779B97F4A7C15L)).isEqualTo(0xE220A8397B1DCDAFL);
    }

    @Test
    void streamsAndSeedsDiffer() {
        Set<Long> first = new HashSet<>();
        for (long seed = 0; seed < 100; seed++) {
            for (long stream = 0; stream < 100; stream++) {
                first.add(new Dice(seed, stream).next());
            }
        }
        assertThat(first).hasSize(10_000);
    }

    @Test
    void weightsAreKept() {
        Dice dice = new Dice(1, 1);
        int[] drawn = new int[4];
        for (int i = 0; i < 8000; i++) {
            drawn[dice.weighted(new double[] {1, 0, 2, 5})]++;
        }
        assertThat(drawn[0]).isBetween(880, 1120);
        assertThat(drawn[1]).isZero();
        assertThat(drawn[2]).isBetween(1850, 2150);
    }

    @Property
    void shufflingKeepsTheItems(@ForAll long seed) {
        List<Integer> items = new ArrayList<>(IntStream.range(0, 20).boxed().toList());
        new Dice(seed, 2).shuffle(items);
        assertThat(items)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 20).boxed().toList());
    }
}
