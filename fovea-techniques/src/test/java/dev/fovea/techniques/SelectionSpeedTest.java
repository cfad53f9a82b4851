package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.primitives.BipartiteMatching;
import dev.fovea.techniques.primitives.Diversity;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Selection at 576 tokens of width 4096, far below the prefill it saves, in processor time of the one thread that does it.
 * Figures are printed; the bounds leave room for slower machines.
 */
class SelectionSpeedTest {
    private static final int ROUNDS = 6;
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    @Test
    void diversityAndMatchingAtSevenBillionGeometry() {
        Matrix tokens = PathSimulator.gaussian(new Random(1), 576, 4096);
        for (int kept : new int[] {64, 288}) {
            for (Diversity.Rule rule : Diversity.Rule.values()) {
                report(
                        "greedy " + rule + ", " + kept + " of 576 x 4096",
                        400,
                        () -> Diversity.greedy(tokens, 0, kept, rule));
            }
        }
        Matrix keys = PathSimulator.gaussian(new Random(2), 577, 64);
        report(
                "bipartite matching of 577 x 64",
                100,
                () -> BipartiteMatching.match(keys, true, 23, (source, similarity) -> similarity));
    }

    @Test
    void wholePlansAtSevenBillionGeometry() {
        for (Technique technique : Models.techniques()) {
            if (technique instanceof LearnedTechnique) {
                continue; // Its weights would be those of a model of this size.
            }
            var plan = Models.plan(technique, Models.LLAVA, Budget.count(192));
            var run = PathSimulator.run(plan, Models.LLAVA, 1);
            report(
                    technique.card().id(),
                    4000,
                    () -> run.forEach(t -> t.signals().run(t.step())));
        }
    }

    private static void report(String what, int boundMillis, Runnable work) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < ROUNDS; i++) {
            long start = CLOCK.getCurrentThreadCpuTime();
            work.run();
            best = Math.min(best, (CLOCK.getCurrentThreadCpuTime() - start) / 1e6);
        }
        System.out.printf("%-50s %8.2f ms%n", what, best);
        assertThat(best).as(what).isLessThan(boundMillis);
    }
}
