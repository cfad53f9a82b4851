package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.StoppedException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A stage that is stopped and started again ends where it would have ended. */
class ResumedStageTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"windows,f32", "windows,bf16", "truth,f32", "truth,bf16"})
    void toTheLastBit(String stage, String precision) throws IOException {
        Path whole = begin("whole", precision);
        train(whole, stage, () -> false);
        Path halves = begin("halves", precision);
        AtomicInteger asked = new AtomicInteger();
        assertThatThrownBy(() -> train(halves, stage, () -> asked.incrementAndGet() > 7))
                .isInstanceOf(StoppedException.class);
        train(halves, stage, () -> false);
        try (Checkpoint expected = Checkpoint.open(whole.resolve(stage + ".safetensors"));
                Checkpoint resumed = Checkpoint.open(halves.resolve(stage + ".safetensors"))) {
            assertThat(resumed.names()).isEqualTo(expected.names());
            for (String name : expected.names()) {
                assertThat(Tensors.floats(resumed.tensor(name)))
                        .as(name)
                        .isEqualTo(Tensors.floats(expected.tensor(name)));
            }
        }
    }

    private Path begin(String name, String precision) throws IOException {
        Path run = Files.createDirectories(folder.resolve(name));
        Files.writeString(
                run.resolve("run.json"),
                "{\"recipe\":\"peek\",\"size\":\"golden\",\"precision\":\"" + precision + "\"}");
        return run;
    }

    private static void train(Path run, String stage, BooleanSupplier stop) {
        Progress quiet = Progress.lines(new PrintStream(OutputStream.nullOutputStream()));
        try (PeekRecipe peek = new PeekRecipe(run, StageLosses.SIZE, new Loop(run, quiet, stop), null)) {
            peek.stage(stage);
        }
    }
}
