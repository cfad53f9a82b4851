package dev.fovea.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PrefetchTest {

    @Test
    void batchesComeInOrderFromTheFirst() throws InterruptedException {
        try (Prefetch<Long> data = new Prefetch<>(n -> n * n, 5, 3)) {
            assertThat(data.next()).isEqualTo(25);
            assertThat(data.next(3)).containsExactly(36L, 49L, 64L);
            assertThat(data.next()).isEqualTo(81);
        }
    }

    @Test
    void noMoreThanAskedForArePreparedAhead() throws InterruptedException {
        AtomicInteger made = new AtomicInteger();
        try (Prefetch<Integer> data = new Prefetch<>(n -> made.incrementAndGet(), 0, 2)) {
            data.next();
            for (int i = 0; i < 50 && made.get() < 3; i++) {
                Thread.sleep(10);
            }
            Thread.sleep(50);
            assertThat(made.get()).isEqualTo(3);
        }
    }

    @Test
    void aFailureIsToldAgainAndAgain() {
        try (Prefetch<Long> data = new Prefetch<>(
                n -> {
                    throw new IllegalArgumentException("no scene " + n);
                },
                4,
                2)) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(data::next)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("no scene 4");
            }
        }
    }

    @Test
    void closingWaitsForTheBatchThatIsBeingPrepared() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger ended = new AtomicInteger();
        Prefetch<Long> data = new Prefetch<>(
                n -> {
                    begun.countDown();
                    long until = System.nanoTime() + 200_000_000;
                    while (System.nanoTime() < until) {
                        Thread.onSpinWait();
                    }
                    ended.incrementAndGet();
                    return n;
                },
                0,
                1);
        begun.await();
        data.close();
        assertThat(ended.get()).isEqualTo(1);
    }

    @Test
    void anInterruptedWaitLosesNothing() throws InterruptedException {
        CountDownLatch go = new CountDownLatch(1);
        try (Prefetch<Long> data = new Prefetch<>(
                n -> {
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return n;
                },
                0,
                1)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(data::next).isInstanceOf(InterruptedException.class);
            go.countDown();
            assertThat(data.next()).isZero();
        }
    }
}
