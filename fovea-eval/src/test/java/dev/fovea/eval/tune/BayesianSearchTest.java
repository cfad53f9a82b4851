package dev.fovea.eval.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.KnobFile;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.cost.Geometries;
import dev.fovea.eval.cost.PlanSimulator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BayesianSearchTest {
    private static final List<BayesianSearch.Dimension> BOX = List.of(
            new BayesianSearch.Dimension("x", -5, 10),
            new BayesianSearch.Dimension("y", 0, 15),
            new BayesianSearch.Dimension("unused", 1, 2));

    /** Branin's function, upside down: its greatest value is -0.397887. */
    private static double branin(double[] p) {
        double x = p[0];
        double y = p[1];
        double bowl = y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
        return -(bowl * bowl + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10);
    }

    private static BayesianSearch run(int tries, long seed) {
        BayesianSearch search = new BayesianSearch(BOX, 8, seed);
        for (int i = 0; i < tries; i++) {
            double[] point = search.ask();
            for (int d = 0; d < point.length; d++) {
                assertThat(point[d]).isBetween(BOX.get(d).low(), BOX.get(d).high());
            }
            search.tell(point, branin(point));
        }
        return search;
    }

    @Test
    void findsTheTopOfBraninAndBeatsChance() {
        double searched = 0;
        double random = 0;
        for (int seed = 0; seed < 5; seed++) {
            searched += run(40, seed).best().value();
            SplittableRandom dice = new SplittableRandom(seed);
            double best = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < 40; i++) {
                best = Math.max(best, branin(new double[] {dice.nextDouble(-5, 10), dice.nextDouble(0, 15)}));
            }
            random += best;
        }
        assertThat(searched / 5).isGreaterThan(-0.7).isGreaterThan(random / 5);
    }

    @Test
    void theSameSeedAsksTheSamePoints() {
        assertThat(run(15, 3).best().point()).isEqualTo(run(15, 3).best().point());
        assertThat(run(15, 3).best().point()).isNotEqualTo(run(15, 4).best().point());
    }

    @Test
    void aFailedTryCountsAsTheWorst() {
        BayesianSearch search = new BayesianSearch(BOX, 2, 1);
        search.tell(new double[] {0, 0, 1}, -3);
        search.tell(new double[] {1, 1, 1}, Double.NaN);
        assertThat(search.best().value()).isEqualTo(-3);
    }

    @Test
    void theProcessGoesThroughWhatItWasToldAndDoubtsTheRest() {
        double[][] points = {{0.1}, {0.4}, {0.7}, {0.95}};
        double[] values = {1, 3, 2, 2.5};
        GaussianProcess process = GaussianProcess.fit(points, values);
        for (int i = 0; i < points.length; i++) {
            assertThat(process.at(points[i]).mean()).isCloseTo(values[i], within(0.35));
            assertThat(process.at(points[i]).deviation())
                    .isLessThan(process.at(new double[] {5}).deviation());
        }
        // Far away it knows nothing but the mean.
        assertThat(process.at(new double[] {50}).mean()).isCloseTo(2.125, within(1e-6));
    }

    @Test
    void normalDistribution() {
        assertThat(BayesianSearch.normal(0)).isCloseTo(0.5, within(1e-7));
        assertThat(BayesianSearch.normal(1.959963985)).isCloseTo(0.975, within(1e-7));
        assertThat(BayesianSearch.normal(-1)).isCloseTo(0.158655254, within(1e-7));
    }

    /** The more tokens a plan leaves, the closer this model's state stays to the full one. */
    @Test
    void tuningVflowoptGivesAKnobFileThatItsTechniqueTakes(@TempDir Path folder) throws Exception {
        ModelShape shape = Geometries.find("peek").shape();
        Tuner.Model model = (picture, plan, prompt) -> {
            double kept = plan.steps().isEmpty()
                    ? 256
                    : PlanSimulator.load(shape, plan, 20, 1).meanVisual();
            double angle = (256 - kept) / 256;
            return new float[] {(float) Math.cos(angle), (float) Math.sin(angle)};
        };
        List<Tuner.Sample> samples = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            samples.add(new Tuner.Sample(RgbImage.filled(4, 4, i, i, i), "?"));
        }
        var technique = Techniques.installed().get("vflowopt");
        Budget budget = Budget.share(0.25);
        int[] steps = {0};
        Tuner.Found found = new Tuner(model, shape, technique, budget, samples)
                .search(new Tuner.Settings(12, 6, 42), (done, best) -> {
                    steps[0] = done;
                    return true;
                });
        assertThat(steps[0]).isEqualTo(12);
        assertThat(found.tried()).isEqualTo(12);
        assertThat(found.objective()).isBetween(1.0, 2.0);

        Path file = folder.resolve("vflowopt.json");
        Files.writeString(file, found.knobs().json(Map.of("budget", "25%")));
        assertThat(KnobFile.read(file)).isEqualTo(found.knobs());
        TechniqueSpec spec = TechniqueSpec.parse("vflowopt:@" + file + ",entropy=0");
        assertThat(spec.knobs()).containsEntry("entropy", "0").containsKeys("r0", "r1", "threshold", "cell");
        Plan plan = Techniques.installed().plan(List.of("vflowopt:@" + file), shape, budget, 1);
        assertThat(plan.steps()).isNotEmpty();
    }
}
