package dev.fovea.core;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs one check over many generated inputs. Every input has a seed of its own, so that one failure can be run again
 * alone: {@code -Dfuzz.seed=SEED -Dfuzz.count=1}.
 */
public final class Fuzzing {
    /** Longer than this on one input is a hang. */
    public static final Duration LIMIT = Duration.ofSeconds(2);

    private Fuzzing() {}

    /** One input, made from its seed and tried. */
    public interface Trial {
        void run(SplittableRandom random) throws Exception;
    }

    /**
     * Tries {@code count} inputs (or {@code fuzz.count}, where that system property is set).
     *
     * @param name printed with the first seed, the counts and the slowest input
     * @param refusal which exceptions are the product's own one-sentence kind; anything else fails
     */
    public static void run(String name, long count, Predicate<Throwable> refusal, Trial trial) {
        long trials = Long.getLong("fuzz.count", count);
        long first = Long.getLong("fuzz.seed", 20_260_101L);
        System.out.printf("fuzz %s: %,d inputs, seeds from %d%n", name, trials, first);
        AtomicLong began = new AtomicLong(System.nanoTime());
        AtomicLong current = new AtomicLong(first);
        Thread watch = Thread.ofPlatform().daemon().start(() -> watch(name, began, current));
        long refused = 0;
        long slowest = 0;
        try {
            for (long seed = first; seed < first + trials; seed++) {
                current.set(seed);
                began.set(System.nanoTime());
                refused += accepted(name, seed, refusal, trial) ? 0 : 1;
                long took = System.nanoTime() - began.get();
                slowest = Math.max(slowest, took);
                if (took > LIMIT.toNanos()) {
                    fail("fuzz %s: seed %d took %d ms", name, seed, took / 1_000_000);
                }
            }
        } finally {
            watch.interrupt();
        }
        System.out.printf(
                "fuzz %s: %,d accepted, %,d refused in a sentence, slowest %d ms%n",
                name, trials - refused, refused, slowest / 1_000_000);
    }

    private static boolean accepted(String name, long seed, Predicate<Throwable> refusal, Trial trial) {
        try {
            trial.run(new SplittableRandom(seed));
            return true;
        } catch (Throwable e) {
            if (refusal.test(e) && isSentence(e.getMessage())) {
                return false;
            }
            throw new AssertionError("fuzz " + name + ": seed " + seed + " ended in " + e, e);
        }
    }

    /** One line of readable text. */
    private static boolean isSentence(@Nullable String message) {
        return message != null
                && !message.isBlank()
                && message.length() < 2_000
                && message.chars().noneMatch(Character::isISOControl);
    }

    /** Says which input hangs, while it does: a hung native call cannot be failed from outside. */
    private static void watch(String name, AtomicLong began, AtomicLong current) {
        long told = Long.MIN_VALUE;
        try {
            while (true) {
                Thread.sleep(1_000);
                if (System.nanoTime() - began.get() > 5 * LIMIT.toNanos() && told != current.get()) {
                    told = current.get();
                    System.out.printf("fuzz %s: seed %d hangs%n", name, told);
                }
            }
        } catch (InterruptedException e) {
            // The run is over.
        }
    }
}
