package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.MovingWeights;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.ScalesObjective;
import dev.fovea.train.objective.ScalesObjective.Scale;
import dev.fovea.world.SceneOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The weights of a technique, trained for a model with random weights. */
class MatryoshkaRecipeTest extends OnRandomPeek {
    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        Path whole = runs.stoppedAndResumed(folder, "matryoshka", 2);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.path("technique").asText()).isEqualTo("matryoshka");
        assertThat(card.path("steps").asLong()).isEqualTo(3);
        assertThat(card.path("bytes").asLong()).isEqualTo(TrainingRuns.weights(whole).length);
        assertThat(card.path("figures").has("held_out_tokens_16")).isTrue();
        assertThat(folder.resolve("a/training.png")).isNotEmptyFile();
        answersAreThoseOfTheWeightsThatWereWritten(whole);
    }

    /** Opened with these weights the model answers otherwise; opened again, the same. */
    private void answersAreThoseOfTheWeightsThatWereWritten(Path weights) {
        List<float[]> states = runs.finalStates(
                Budget.count(16),
                "matryoshka:weights=" + weights,
                "matryoshka:weights=" + weights,
                "matryoshka:weights=untrained",
                "pool");
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(2)).isNotEqualTo(states.get(0)).containsExactly(states.get(3));
    }

    private record Learning(BaseModel base, Parameters p, LearnedTechnique technique, Weights own)
            implements AutoCloseable {
        static Learning begin() {
            BaseModel base = BaseModel.open(model, Precision.F32);
            LearnedTechnique technique =
                    (LearnedTechnique) Techniques.installed().get("matryoshka");
            Parameters p = new Parameters(1);
            p.declare(technique.declaration(base.plain().shape(), Knobs.defaults(technique.card())));
            p.freeze();
            return new Learning(base, p, technique, MovingWeights.of(p, Precision.F32, List.of()));
        }

        Scale scale(int tokens) {
            ModelShape shape = base.plain().shape();
            Knobs knobs = Knobs.defaults(technique.card());
            return new Scale("tokens_" + tokens, technique.plan(shape, Budget.count(tokens), knobs, own));
        }

        /** The loss at some scales, and the gradients of it. */
        float[] gradients(AnswerBatch batch, double[] loss, Scale... scales) {
            p.zeroGradients();
            try (Scope ignored = Scope.training()) {
                Measured m = new ScalesObjective(
                                base.plain(),
                                run -> base.with(run.additions()),
                                List.of(scales),
                                base.tokenizer()::decode)
                        .apply(batch, false);
                m.loss().backward();
                loss[0] = m.loss().item_float();
                return Tensors.floats(p.gradients());
            }
        }

        @Override
        public void close() {
            p.close();
            base.close();
        }
    }

    /** Equation 1: the loss is the mean over the scales, and so is its gradient. */
    @Test
    void theLossIsTheMeanOverTheScales() {
        try (Learning learning = Learning.begin()) {
            AnswerBatch batch = new AnswerSampler(
                            SceneOptions.defaults(),
                            new AnswerSampler.Settings(1, 256, 40, 0, 0, 0, true, List.of()),
                            learning.base().tokenizer(),
                            9)
                    .batch(0);
            double[] loss = new double[1];
            int[] tokens = {256, 64, 16, 4, 1};
            float[] sum = new float[Math.toIntExact(learning.p().size())];
            double mean = 0;
            for (int n : tokens) {
                float[] one = learning.gradients(batch, loss, learning.scale(n));
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += one[i] / tokens.length;
                }
                mean += loss[0] / tokens.length;
            }
            float[] all = learning.gradients(
                    batch, loss, Arrays.stream(tokens).mapToObj(learning::scale).toArray(Scale[]::new));
            assertThat(loss[0]).isCloseTo(mean, within(1e-5));
            double apart = 0;
            double norm = 0;
            for (int i = 0; i < sum.length; i++) {
                apart += Math.pow(sum[i] - all[i], 2);
                norm += Math.pow(all[i], 2);
            }
            assertThat(norm).isPositive();
            assertThat(Math.sqrt(apart / norm)).isLessThan(1e-4);
        }
    }

    @Test
    void aRunForAnotherModelAndForeignModelsAreOneSentence() throws IOException {
        runs.quick(folder.resolve("run"), "matryoshka", () -> false).close();
        Path other = RandomPeek.export(folder.resolve("other"), 6);
        assertThatThrownBy(() -> new TrainingRuns(other)
                        .quick(folder.resolve("run"), "matryoshka", () -> false)
                        .close())
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("holds a run of size 'quick for the model ");
        Files.writeString(other.resolve("tokenizer.json"), "{}");
        try (TechniqueTraining recipe =
                new TrainingRuns(other).quick(folder.resolve("other-run"), "matryoshka", () -> false)) {
            assertThatThrownBy(() -> recipe.run(folder.resolve("out")))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("is no usable tokenizer");
        }
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            assertThat(checkpoint.names()).isNotEmpty();
        }
    }

    @Test
    void knobsAreChosenBeforeTrainingAndHeldToAfterwards() throws IOException {
        Path work = folder.resolve("run");
        Path weights = folder.resolve("weights");
        try (TechniqueTraining training = runs.quick(work, "matryoshka:rank=4", () -> false)) {
            training.run(weights);
        }
        JsonNode card = new ObjectMapper().readTree(weights.resolve("card.json").toFile());
        assertThat(card.at("/knobs/rank").asText()).isEqualTo("4");
        assertThatThrownBy(() -> runs.quick(work, "matryoshka:rank=8", () -> false))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("with {rank=4}', not 'quick")
                .hasMessageContaining("choose another folder");
        assertThatThrownBy(() -> runs.quick(work, "matryoshka:rang=8", () -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no knob 'rang'");
        assertThatThrownBy(() -> runs.quick(work, "matryoshka:weights=untrained", () -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("leave 'weights=untrained' out");
        assertThatThrownBy(() -> runs.quick(work, "hiprune", () -> false))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("There is no recipe for a technique 'hiprune'");
    }

    @Test
    void theFolderOfAnotherRecipeIsLeftAlone() throws IOException {
        Path work = Files.createDirectories(folder.resolve("run"));
        Files.writeString(
                work.resolve("run.json"), "{\"recipe\": \"peek\", \"size\": \"quick\", \"precision\": \"f32\"}");
        assertThatThrownBy(() -> runs.quick(work, "matryoshka", () -> false))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("holds a run of the recipe 'peek', not 'matryoshka'; choose another folder");
    }
}
