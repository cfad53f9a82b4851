package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Budget;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.world.Picture;
import dev.fovea.world.Renderer;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** Quick runs of recipes for the model of a test, and what the weights that they write do to it. */
record TrainingRuns(Path model) {
    /** A run that nobody watches. */
    TechniqueTraining quick(Path work, String spec, List<String> reducers, BooleanSupplier stop) {
        Progress nobody = Progress.lines(new PrintStream(OutputStream.nullOutputStream()));
        return TechniqueTraining.open(work, spec, reducers, model, true, nobody, stop);
    }

    TechniqueTraining quick(Path work, String spec, BooleanSupplier stop) {
        return quick(work, spec, List.of(), stop);
    }

    /**
     * Trains in one go, and again with stops in between: both must write the same weights, to the bit.
     *
     * @param stops after so many questions whether to stop, once each
     * @return the folder of the weights
     */
    Path stoppedAndResumed(Path folder, String spec, int... stops) throws IOException {
        Path whole = folder.resolve("whole");
        try (TechniqueTraining training = quick(folder.resolve("a"), spec, () -> false)) {
            training.run(whole);
        }
        // A probe picks the precision of a run: here both must have the same.
        Files.createDirectories(folder.resolve("b"));
        Files.copy(folder.resolve("a/run.json"), folder.resolve("b/run.json"));
        Path parts = folder.resolve("parts");
        for (int stop : stops) {
            AtomicInteger asked = new AtomicInteger();
            try (TechniqueTraining training = quick(folder.resolve("b"), spec, () -> asked.incrementAndGet() > stop)) {
                assertThatThrownBy(() -> training.run(parts)).isInstanceOf(StoppedException.class);
            }
            assertThat(parts).doesNotExist();
        }
        try (TechniqueTraining training = quick(folder.resolve("b"), spec, () -> false)) {
            training.run(parts);
        }
        assertThat(weights(parts)).isEqualTo(weights(whole));
        return whole;
    }

    static byte[] weights(Path folder) throws IOException {
        return Files.readAllBytes(folder.resolve("model.safetensors"));
    }

    static JsonNode card(Path folder) throws IOException {
        return new ObjectMapper().readTree(folder.resolve("card.json").toFile());
    }

    /** A picture that no training sees. */
    static RgbImage picture(SceneOptions options) {
        Picture picture = Renderer.render(Scenes.generate(3, options), Renderer.DEFAULT_SIZE);
        return new RgbImage(picture.width(), picture.height(), picture.rgb());
    }

    /** The last state of a question about a picture, with the model opened anew for it. */
    float[] finalState(RgbImage picture, OpenOptions options, String spec, Budget budget) {
        try (VisionLanguageModel opened = VisionLanguageModel.open(model, options);
                var viewing =
                        opened.view(List.of(picture), AskOptions.defaults().withTechniques(List.of(spec), budget))) {
            return viewing.finalState("what is there?");
        }
    }

    /** The same about the usual picture, under each of some techniques. */
    List<float[]> finalStates(Budget budget, String... specs) {
        RgbImage picture = picture(SceneOptions.defaults());
        return List.of(specs).stream()
                .map(spec -> finalState(picture, OpenOptions.defaults(), spec, budget))
                .toList();
    }
}
