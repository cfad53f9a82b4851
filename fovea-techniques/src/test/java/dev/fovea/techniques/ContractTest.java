package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every technique promises, whatever it does: {@link PathSimulator} checks each decision as it is taken. */
class ContractTest {
    /** Techniques that leave exactly the budget in the place where they count. */
    private static final Set<String> EXACT = Set.of(
            "random",
            "grid",
            "fastv",
            "hiprune",
            "vtc-cls",
            "tome",
            "turbo",
            "flowcut",
            "holov",
            "visionzip",
            "fastervlm",
            "vispruner",
            "divprune",
            "cdpruner");

    /** Techniques whose budget is the average over decoder layers. */
    private static final Set<String> AVERAGE = Set.of("feather", "pyramiddrop", "visiondrop", "vflowopt", "sparsevlm");

    static List<Technique> techniques() {
        return Models.techniques();
    }

    private static final List<ModelShape> SHAPES = List.of(Models.SMALL, Models.SMALL_NO_TEXT, Models.SMALL_NO_CLS);

    /** Every technique on every kind of model that it runs on, with three seeds. */
    static Stream<Arguments> cases() {
        return techniques().stream()
                .flatMap(technique -> SHAPES.stream()
                        .filter(shape -> fits(technique, shape))
                        .flatMap(shape -> IntStream.range(0, 3)
                                .mapToObj(i -> Arguments.of(
                                        technique,
                                        shape,
                                        3L * technique.card().id().hashCode() + i))));
    }

    private static boolean fits(Technique technique, ModelShape shape) {
        return shape.hasCls() || !technique.card().id().equals("tca");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void decisionsAreValidAndCountsHold(Technique technique, ModelShape shape, long seed) {
        double share = new SplittableRandom(seed).nextDouble(0.2, 0.99);
        Budget budget = Budget.share(share);
        Plan plan = Models.untrained(technique, shape, budget);
        List<PathSimulator.Taken> run = PathSimulator.run(plan, shape, seed);
        String id = technique.card().id();
        if (EXACT.contains(id)) {
            int left = run.isEmpty() ? shape.patches() : run.getLast().after().visualCount();
            assertThat(left).isEqualTo(budget.of(shape.patches()));
        }
        if (AVERAGE.contains(id)) {
            double average =
                    Arrays.stream(PathSimulator.perLayer(run, shape)).average().orElseThrow();
            assertThat(average / shape.patches()).isCloseTo(share, offset(0.05));
        }
        for (PathSimulator.Taken taken : run) {
            if (taken.outcome().decision() instanceof Decision.Keep keep && !id.equals("holov") && inRaster(taken)) {
                assertThat(keep.indices()).isSorted();
            }
        }
    }

    private static boolean inRaster(PathSimulator.Taken taken) {
        int[] cells = taken.before().cells();
        for (int i = 1; i < cells.length; i++) {
            if (cells[i] < cells[i - 1]) {
                return false;
            }
        }
        return true;
    }

    /** Purity: the same signals give the same decision, and no step writes to what it was given. */
    @ParameterizedTest
    @MethodSource("cases")
    void stepsArePure(Technique technique, ModelShape shape, long seed) {
        Plan plan = Models.untrained(technique, shape, Budget.share(0.3));
        for (PathSimulator.Taken taken : PathSimulator.run(plan, shape, seed)) {
            int before = fingerprint(taken);
            String again = GoldenTest.describe(taken.signals().run(taken.step()));
            assertThat(again).isEqualTo(GoldenTest.describe(taken.outcome()));
            assertThat(fingerprint(taken)).isEqualTo(before);
        }
    }

    private static int fingerprint(PathSimulator.Taken taken) {
        int hash = Arrays.hashCode(taken.before().cells());
        for (Signal<?> need : taken.step().needs()) {
            Object value = value(taken, need);
            hash = 31 * hash
                    + (value instanceof Matrix m ? Arrays.hashCode(m.data()) : Arrays.hashCode((float[]) value));
        }
        return hash;
    }

    private static <T> T value(PathSimulator.Taken taken, Signal<T> signal) {
        return taken.signals().get(signal);
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void fullBudgetChangesNothing(Technique technique) {
        if (Set.of(
                        "attention-rebalancing",
                        "m3id",
                        "vista",
                        "grains",
                        "llava-sp",
                        "llava-mini",
                        "adaptvision-scaling",
                        "vlora")
                .contains(technique.card().id())) {
            return; // their cards say that the budget is not read
        }
        for (Budget budget : new Budget[] {Budget.full(), Budget.count(144), Budget.share(1), Budget.count(9999)}) {
            assertThat(PathSimulator.steps(Models.plan(technique, Models.SMALL, budget)))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void readsOnlyWhatItDeclares(Technique technique) {
        Plan plan = Models.untrained(technique, Models.SMALL, Budget.share(0.3));
        for (PathSimulator.Taken taken : PathSimulator.run(plan, Models.SMALL, 1)) {
            assertThat(taken.step().needs()).doesNotHaveDuplicates();
        }
    }

    @Test
    void undeclaredSignalsAreRefused() {
        Step step = new Step(
                new dev.fovea.core.path.Station.Connector(),
                List.of(),
                (Signals s) -> Outcome.of(new Decision.Append(s.get(new Signal.Features()))));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> FakeSignals.ofPrompt(0, 2, 2, 0)
                        .with(new Signal.Features(), new Matrix(0, 0, new float[0]))
                        .run(step))
                .hasMessageContaining("did not declare");
    }

    /** A count is per image at plan time; in the language model the same share of the whole prompt stays. */
    @Test
    void budgetsOfSeveralImages() {
        var layout = new dev.fovea.core.path.Layout(300, new int[288], new int[288], 12, 12, 2, 288);
        assertThat(Spending.inPrompt(Budget.count(20), Models.SMALL, layout)).isEqualTo(40);
        assertThat(Spending.perImage(Budget.count(20), dev.fovea.core.path.Layout.ofGrid(12, 12)))
                .isEqualTo(20);
    }
}
