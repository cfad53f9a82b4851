package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
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
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Techniques that read a picture's features behind the encoder, trained for a model with random weights. */
class FeatureRecipesTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void aModel() throws IOException {
        model = RandomPeek.export(shared.resolve("model"), 5);
    }

    private static TechniqueTraining quick(Path work, String spec, BooleanSupplier stop) {
        Progress nobody = Progress.lines(new PrintStream(OutputStream.nullOutputStream()));
        return TechniqueTraining.open(work, spec, List.of(), model, true, nobody, stop);
    }

    private static byte[] weights(Path folder) throws IOException {
        return Files.readAllBytes(folder.resolve("model.safetensors"));
    }

    @ParameterizedTest
    @CsvSource({"llava-sp, channels, 12", "vlora, width, 64"})
    void stoppedAndResumedIsTheSameToTheBit(String id, String knob, String value) throws IOException {
        Path whole = folder.resolve("whole");
        try (TechniqueTraining training = quick(folder.resolve("a"), id, () -> false)) {
            training.run(whole);
        }
        // A probe picks the precision of a run: here both must have the same.
        Files.createDirectories(folder.resolve("b"));
        Files.copy(folder.resolve("a/run.json"), folder.resolve("b/run.json"));
        Path parts = folder.resolve("parts");
        AtomicInteger asked = new AtomicInteger();
        try (TechniqueTraining training = quick(folder.resolve("b"), id, () -> asked.incrementAndGet() > 2)) {
            assertThatThrownBy(() -> training.run(parts)).isInstanceOf(StoppedException.class);
        }
        assertThat(parts).doesNotExist();
        try (TechniqueTraining training = quick(folder.resolve("b"), id, () -> false)) {
            training.run(parts);
        }
        assertThat(weights(parts)).isEqualTo(weights(whole));
        JsonNode card = new ObjectMapper().readTree(whole.resolve("card.json").toFile());
        assertThat(card.path("technique").asText()).isEqualTo(id);
        assertThat(card.at("/knobs/" + knob).asText()).isEqualTo(value);
        assertThat(card.at("/figures/held_out_accuracy").isNumber()).isTrue();
        answersAreThoseOfTheWeightsThatWereWritten(id, whole);
    }

    /** Opened with these weights the model answers otherwise; opened again, the same. */
    private static void answersAreThoseOfTheWeightsThatWereWritten(String id, Path weights) {
        Picture picture = Renderer.render(Scenes.generate(3, SceneOptions.defaults()), Renderer.DEFAULT_SIZE);
        RgbImage image = new RgbImage(picture.width(), picture.height(), picture.rgb());
        List<float[]> states = new ArrayList<>();
        for (String spec :
                List.of(id + ":weights=" + weights, id + ":weights=" + weights, id + ":weights=untrained", "full")) {
            try (VisionLanguageModel opened = VisionLanguageModel.open(model, OpenOptions.defaults());
                    var viewing = opened.view(
                            List.of(image), AskOptions.defaults().withTechniques(List.of(spec), Budget.full()))) {
                states.add(viewing.finalState("what is there?"));
            }
        }
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(0)).isNotEqualTo(states.get(2)).isNotEqualTo(states.get(3));
    }

    /** Everything that a recipe moves gets a gradient once what starts at 0 has left it. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-sp", "llava-sp:maps=cropping", "vlora", "vlora:placeholder=none,kinds=qkvo"})
    void everyParameterLearns(String text) {
        TechniqueSpec spec = TechniqueSpec.parse(text);
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get(spec.id());
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning = Learning.begin(
                    base, p, technique, spec.knobsOf(technique.card()), List.of(), TechniqueSize.quick());
            try (Scope ignored = Scope.inference()) {
                p.values().add_(Tensors.scale(torch.randn(p.size()), 0.02));
            }
            List<Stage<?>> stages = TechniqueRecipes.get(spec.id()).stages(learning);
            @SuppressWarnings("unchecked")
            Stage<AnswerBatch> stage = (Stage<AnswerBatch>) stages.getLast();
            try (Scope ignored = Scope.training()) {
                stage.objective()
                        .measure(stage.batches().apply(0), false)
                        .loss()
                        .backward();
            }
            for (Parameters.Entry e : p.entries()) {
                if (e.name().equals("dfi.key.bias")) {
                    continue; // the same on all scores of a query: no softmax sees it
                }
                float norm =
                        p.gradients().narrow(0, e.offset(), e.size()).norm().item_float();
                assertThat(norm).as(e.name()).isPositive();
            }
        }
    }
}
