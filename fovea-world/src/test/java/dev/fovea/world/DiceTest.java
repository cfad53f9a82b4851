package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class DiceTest {
    @RepeatedTest(1000)
    void drawsStayInRange(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        // Every magnitude, and the ends.
        int bound = Math.max(1, (int) (random.nextLong(1L << 31) >>> random.nextInt(32)));
        bound = trial.getCurrentRepetition() % 50 == 0 ? Integer.MAX_VALUE : bound;
        Dice dice = new Dice(random.nextLong(), 1);
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

    @RepeatedTest(1000)
    void shufflingKeepsTheItems(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        List<Integer> items = new ArrayList<>(IntStream.range(0, 20).boxed().toList());
        new Dice(seed, 2).shuffle(items);
        assertThat(items)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 20).boxed().toList());
    }
}
