package dev.fovea.cli.speed;

import dev.fovea.core.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Runs several tasks in turns. What slows the machine down for a while then slows all of them, and ratios taken within
 * one round stay what they are.
 */
final class Turns {
    private final Map<String, Runnable> tasks = new LinkedHashMap<>();
    private final Map<String, double[]> seconds = new LinkedHashMap<>();
    private int rounds;

    Turns task(String name, Runnable task) {
        tasks.put(name, task);
        return this;
    }

    /**
     * One round to warm up and {@code rounds} that count.
     *
     * @param goOn asked before each task
     * @throws Stopped if told not to go on
     */
    Turns run(int wanted, BooleanSupplier goOn) {
        rounds = wanted;
        tasks.keySet().forEach(name -> seconds.put(name, new double[wanted]));
        for (int round = -1; round < wanted; round++) {
            for (Map.Entry<String, Runnable> task : tasks.entrySet()) {
                if (!goOn.getAsBoolean()) {
                    throw new Stopped();
                }
                double took = seconds(task.getValue());
                if (round >= 0) {
                    of(task.getKey())[round] = took;
                }
            }
        }
        return this;
    }

    /** Seconds that a task took in each round. */
    double[] of(String name) {
        double[] found = seconds.get(name);
        if (found == null) {
            throw new IllegalArgumentException("No task '" + name + "'");
        }
        return found;
    }

    /** A figure computed from the times of one round, over all rounds. */
    Quartiles each(ToDoubleFunction<Round> figure) {
        double[] values = new double[rounds];
        for (int r = 0; r < rounds; r++) {
            int round = r;
            values[r] = figure.applyAsDouble(name -> of(name)[round]);
        }
        return Quartiles.of(values);
    }

    /** The times of one round. */
    @FunctionalInterface
    interface Round {
        double seconds(String task);
    }

    /** The person who asked has had enough. */
    static final class Stopped extends RuntimeException {
        Stopped() {
            super("Stopped");
        }
    }

    private static double seconds(Runnable task) {
        try (Scope scope = Scope.inference()) {
            long start = System.nanoTime();
            task.run();
            return (System.nanoTime() - start) / 1e9;
        }
    }
}
