package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.Apart;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.GuidanceObjective;
import dev.fovea.train.objective.PlanObjective;
import dev.fovea.train.objective.RetentionObjective;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.report.Figures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** CoViPAL's two stages, on a model of two layers and 256 visual tokens with random weights. */
class CoViPalRecipeTest extends OnRandomPeek {
    private static final TechniqueSize SIZE = new TechniqueSize("test", 16, 2, 1, 40, 1e-3, 2, 16);

    /** Stopped in the first stage and again between the two. */
    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        Path whole = runs.stoppedAndResumed(folder, "covipal", 2, 1);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.at("/steps").asLong()).isEqualTo(3 + 1);
        assertThat(card.at("/knobs/guide").asText()).isEqualTo("16/28");
        assertThat(card.at("/figures/guidance_held_out_rank_correlation").isNumber())
                .isTrue();
        assertThat(card.at("/figures/held_out_accuracy").isNumber()).isTrue();
        answersAreThoseOfTheWeightsThatWereWritten(whole);
    }

    private void answersAreThoseOfTheWeightsThatWereWritten(Path weights) {
        List<float[]> states = runs.finalStates(
                Budget.count(16),
                "covipal:weights=" + weights,
                "covipal:weights=" + weights,
                "covipal:weights=untrained");
        float[] full = runs.finalStates(Budget.full(), "full").getFirst();
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(2)).isNotEqualTo(states.get(0)).isNotEqualTo(full);
    }

    private record Bench(BaseModel base, Parameters parameters, Learning learning) implements AutoCloseable {
        static Bench open() {
            BaseModel base = BaseModel.open(model, Precision.F32);
            Parameters p = new Parameters(1);
            LearnedTechnique technique =
                    (LearnedTechnique) Techniques.installed().get("covipal");
            return new Bench(
                    base, p, Learning.begin(base, p, technique, Knobs.defaults(technique.card()), List.of(), SIZE));
        }

        GuidanceObjective guidance() {
            return new GuidanceObjective(
                    base.plain(),
                    1,
                    Objects.requireNonNull(learning.technique()
                            .predictors(learning.shape(), learning.knobs())
                            .get("scores")),
                    learning.own());
        }

        RetentionObjective retention(double weight) {
            return new RetentionObjective(base.plain(), weight, base.tokenizer()::decode);
        }

        AnswerBatch batch(int number) {
            return learning.questions().batch(number);
        }

        @Override
        public void close() {
            parameters.close();
            base.close();
        }
    }

    /** Apart, questions are answered as they are packed: the same loss, token by token. */
    @Test
    void questionsApartAreThoseOfThePack() {
        try (Bench bench = Bench.open();
                Scope ignored = Scope.inference()) {
            AnswerBatch batch = bench.batch(0);
            PlanObjective packed = new PlanObjective(
                    bench.base().plain(),
                    run -> bench.base().plain(),
                    Plan.plain(),
                    bench.base().tokenizer()::decode);
            double together = packed.apply(batch, false).loss().item_float();
            double apart = bench.retention(1)
                    .apply(batch, Plan.plain(), 1, false)
                    .loss()
                    .item_float();
            assertThat(apart).isCloseTo(together, within(1e-4));
        }
    }

    /** The module sees the question and no word of the answer, and the whole picture. */
    @Test
    void whatTheScoresSee() {
        try (Bench bench = Bench.open()) {
            AnswerBatch batch = bench.batch(0);
            AnswerBatch apart = Apart.of(batch).batch();
            List<GuidanceObjective.Example> examples = bench.guidance().examples(batch);
            assertThat(examples).hasSize(apart.samples());
            for (int q = 0; q < examples.size(); q++) {
                GuidanceObjective.Example e = examples.get(q);
                int question = q;
                int first = IntStream.range(0, apart.targets().rows().length)
                        .filter(i -> apart.targets().answer()[i] == question)
                        .map(i -> apart.targets().rows()[i] % apart.length() - AnswerBatch.LEAD - 256)
                        .findFirst()
                        .orElseThrow();
                assertThat(e.visual().rows()).isEqualTo(256);
                assertThat(e.words().rows()).isEqualTo(AnswerBatch.LEAD + first + 1);
                assertThat(e.attention()).hasSize(256);
                // As many queries as visual tokens, each of whose attention sums to 1 over all keys.
                double sum = 0;
                for (float a : e.attention()) {
                    assertThat(a).isNotNegative();
                    sum += a;
                }
                assertThat(sum).isBetween(1.0, 256.0);
            }
        }
    }

    private static double learn(Bench bench, Stage.Objective<AnswerBatch> objective, int steps, double rate) {
        double last = 0;
        try (Optimizer optimizer = new Optimizer(bench.parameters(), Optimizer.Settings.adamW(), e -> true)) {
            for (int i = 0; i < steps; i++) {
                try (Scope ignored = Scope.training()) {
                    Measured m = objective.measure(bench.batch(0), false);
                    m.loss().backward();
                    last = m.loss().item_float();
                }
                optimizer.step(rate);
            }
        }
        return last;
    }

    /** The first stage learns to rank as the guiding layer does. */
    @Test
    void scoresLearnToImitateAttention() {
        try (Bench bench = Bench.open()) {
            GuidanceObjective guidance = bench.guidance();
            double before;
            try (Scope ignored = Scope.inference()) {
                before = guidance.apply(bench.batch(0), false).loss().item_float();
            }
            double after = learn(bench, guidance::apply, 25, 3e-3);
            assertThat(after).isLessThan(0.8 * before);
            try (Scope ignored = Scope.inference()) {
                Measured m = guidance.apply(bench.batch(0), true);
                assertThat(Objects.requireNonNull(m.accuracies().get("rank_correlation"))
                                .value())
                        .isGreaterThan(0.5);
                assertThat(Objects.requireNonNull(m.accuracies().get("same_quarter"))
                                .value())
                        .isGreaterThan(0.4);
            }
        }
    }

    /** Gates of one value retain the share that they say: only then nothing is added to the answers' loss. */
    @Test
    void theRetainedShareIsHeldToTheBudget() {
        try (Bench bench = Bench.open();
                Scope ignored = Scope.training()) {
            double[] losses = new double[2];
            for (int weight = 0; weight < 2; weight++) {
                float[] half = new float[256];
                Arrays.fill(half, 0.5f);
                Plan plan = Plan.of(
                        "half",
                        new Step(
                                new Station.Prompt(),
                                List.of(),
                                s -> Outcome.of(new Decision.Gate(new Matrix(256, 1, half)))));
                losses[weight] = bench.retention(weight)
                        .apply(bench.batch(0), plan, 0.25, false)
                        .loss()
                        .item_float();
            }
            assertThat(losses[1] - losses[0]).isCloseTo(0.0625, within(1e-5));
        }
    }

    /** While it learns the choice is soft and every token stays; measured, a quarter of them does. Only the module moves. */
    @Test
    void answersMoveTheModuleAlone() {
        try (Bench bench = Bench.open()) {
            Plan plan = bench.learning().plan(Budget.share(0.25), Map.of("temperature", "0.5"));
            RetentionObjective objective = bench.retention(1);
            try (Scope ignored = Scope.training()) {
                Measured m = objective.apply(bench.batch(0), plan, 0.25, true);
                assertThat(m.costs()).containsEntry(Figures.TOKEN_LAYERS, 2.0 * 256);
                m.loss().backward();
                float[] gradients = Tensors.floats(bench.parameters().gradients());
                assertThat(gradients).doesNotContain(Float.NaN);
                assertThat(bench.parameters().gradients().norm().item_float()).isPositive();
                bench.parameters().zeroGradients();
            }
            try (Scope ignored = Scope.inference()) {
                Measured m = objective.apply(bench.batch(0), plan, 0.25, true);
                assertThat(m.costs()).containsEntry(Figures.TOKEN_LAYERS, 2.0 * 64);
            }
            double first = learn(bench, (b, m) -> objective.apply(b, plan, 0.25, m), 1, 3e-3);
            double last = learn(bench, (b, m) -> objective.apply(b, plan, 0.25, m), 12, 3e-3);
            assertThat(last).isLessThan(first);
        }
    }

    /** From soft to sharp by the same factor in every step. */
    @Test
    void theTemperatureFalls() {
        assertThat(CoViPalRecipe.temperature(0, 101)).isEqualTo(1);
        assertThat(CoViPalRecipe.temperature(50, 101)).isCloseTo(Math.sqrt(0.1), within(1e-9));
        assertThat(CoViPalRecipe.temperature(100, 101)).isCloseTo(0.1, within(1e-12));
        assertThat(CoViPalRecipe.temperature(0, 1)).isCloseTo(0.1, within(1e-12));
    }
}
