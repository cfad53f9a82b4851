package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
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
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.MovingWeights;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.ScalesObjective;
import dev.fovea.train.objective.ScalesObjective.Scale;
import dev.fovea.world.Picture;
import dev.fovea.world.Renderer;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The weights of a technique, trained for a model with random weights. */
class MatryoshkaRecipeTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void aModel() throws IOException {
        model = RandomPeek.export(shared.resolve("model"), 5);
    }

    private static TechniqueTraining quick(Path work, BooleanSupplier stop) {
        return quick(work, "matryoshka", model, stop);
    }

    private static TechniqueTraining quick(Path work, String spec, Path from, BooleanSupplier stop) {
        return TechniqueTraining.open(
                work,
                spec,
                List.of(),
                from,
                true,
                Progress.lines(new PrintStream(OutputStream.nullOutputStream())),
                stop);
    }

    private static byte[] weights(Path folder) throws IOException {
        return Files.readAllBytes(folder.resolve("model.safetensors"));
    }

    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        Path whole = folder.resolve("whole");
        try (TechniqueTraining recipe = quick(folder.resolve("a"), () -> false)) {
            recipe.run(whole);
        }
        // A probe picks the precision of a run: here both must have the same.
        Files.createDirectories(folder.resolve("b"));
        Files.copy(folder.resolve("a/run.json"), folder.resolve("b/run.json"));
        Path parts = folder.resolve("parts");
        AtomicInteger asked = new AtomicInteger();
        try (TechniqueTraining recipe = quick(folder.resolve("b"), () -> asked.incrementAndGet() > 2)) {
            assertThatThrownBy(() -> recipe.run(parts)).isInstanceOf(StoppedException.class);
        }
        assertThat(parts).doesNotExist();
        try (TechniqueTraining recipe = quick(folder.resolve("b"), () -> false)) {
            recipe.run(parts);
        }
        assertThat(weights(parts)).isEqualTo(weights(whole));
        JsonNode card = new ObjectMapper().readTree(whole.resolve("card.json").toFile());
        assertThat(card.path("technique").asText()).isEqualTo("matryoshka");
        assertThat(card.path("steps").asLong()).isEqualTo(3);
        assertThat(card.path("bytes").asLong()).isEqualTo(weights(whole).length);
        assertThat(card.path("figures").has("held_out_tokens_16")).isTrue();
        assertThat(folder.resolve("a/training.png")).isNotEmptyFile();
        answersAreThoseOfTheWeightsThatWereWritten(whole);
    }

    /** Opened with these weights the model answers otherwise; opened again, the same. */
    private void answersAreThoseOfTheWeightsThatWereWritten(Path weights) {
        Picture picture = Renderer.render(Scenes.generate(3, SceneOptions.defaults()), Renderer.DEFAULT_SIZE);
        RgbImage image = new RgbImage(picture.width(), picture.height(), picture.rgb());
        List<float[]> states = new ArrayList<>();
        for (String spec : List.of(
                "matryoshka:weights=" + weights,
                "matryoshka:weights=" + weights,
                "matryoshka:weights=untrained",
                "pool")) {
            try (VisionLanguageModel opened = VisionLanguageModel.open(model, OpenOptions.defaults());
                    var viewing = opened.view(
                            List.of(image), AskOptions.defaults().withTechniques(List.of(spec), Budget.count(16)))) {
                states.add(viewing.finalState("what is there?"));
            }
        }
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
        quick(folder.resolve("run"), () -> false).close();
        Path other = RandomPeek.export(folder.resolve("other"), 6);
        assertThatThrownBy(() -> quick(folder.resolve("run"), "matryoshka", other, () -> false)
                        .close())
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("holds a run of size 'quick for the model ");
        Files.writeString(other.resolve("tokenizer.json"), "{}");
        try (TechniqueTraining recipe = quick(folder.resolve("other-run"), "matryoshka", other, () -> false)) {
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
        try (TechniqueTraining training = quick(work, "matryoshka:rank=4", model, () -> false)) {
            training.run(weights);
        }
        JsonNode card = new ObjectMapper().readTree(weights.resolve("card.json").toFile());
        assertThat(card.at("/knobs/rank").asText()).isEqualTo("4");
        assertThatThrownBy(() -> quick(work, "matryoshka:rank=8", model, () -> false))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("with {rank=4}', not 'quick")
                .hasMessageContaining("choose another folder");
        assertThatThrownBy(() -> quick(work, "matryoshka:rang=8", model, () -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no knob 'rang'");
        assertThatThrownBy(() -> quick(work, "matryoshka:weights=untrained", model, () -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("leave 'weights=untrained' out");
        assertThatThrownBy(() -> quick(work, "hiprune", model, () -> false))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("There is no recipe for a technique 'hiprune'");
    }

    @Test
    void theFolderOfAnotherRecipeIsLeftAlone() throws IOException {
        Path work = Files.createDirectories(folder.resolve("run"));
        Files.writeString(
                work.resolve("run.json"), "{\"recipe\": \"peek\", \"size\": \"quick\", \"precision\": \"f32\"}");
        assertThatThrownBy(() -> quick(work, () -> false))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("holds a run of the recipe 'peek', not 'matryoshka'; choose another folder");
    }
}
