package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Owners take turns, and who is asked for something particular does not lose the turn of the others. */
class FairQueueTest {
    private static FairQueue<String> queue() {
        FairQueue<String> queue = new FairQueue<>();
        for (String item : List.of("a1", "a2 long", "a3", "b1 long", "b2", "c1")) {
            queue.add(item.substring(0, 1), item);
        }
        return queue;
    }

    @Test
    void ownersTakeTurns() {
        FairQueue<String> queue = queue();
        for (String expected : List.of("a1", "b1 long", "c1", "a2 long", "b2", "a3")) {
            assertThat(queue.poll(item -> true)).isEqualTo(expected);
        }
        assertThat(queue.poll(item -> true)).isNull();
        assertThat(queue.size()).isZero();
    }

    @Test
    void shortOnesOvertakeLongOnesOfTheirOwnerToo() {
        FairQueue<String> queue = queue();
        for (String expected : List.of("a1", "b2", "c1", "a3")) {
            assertThat(queue.poll(item -> !item.endsWith("long"))).isEqualTo(expected);
        }
        assertThat(queue.poll(item -> !item.endsWith("long"))).isNull();
        assertThat(queue.size()).isEqualTo(2);
        assertThat(queue.poll(item -> true)).isEqualTo("b1 long");
        assertThat(queue.poll(item -> true)).isEqualTo("a2 long");
    }

    @Test
    void whatIsDroppedIsGone() {
        FairQueue<String> queue = queue();
        assertThat(queue.drop(item -> item.endsWith("long"))).containsExactlyInAnyOrder("a2 long", "b1 long");
        assertThat(queue.size()).isEqualTo(4);
        assertThat(queue.poll(item -> item.startsWith("b"))).isEqualTo("b2");
    }
}
