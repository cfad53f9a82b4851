package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.loop.TrainingException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeekRecipeTest {
    @TempDir
    Path folder;

    private PeekRecipe quick(BooleanSupplier stop) {
        return new PeekRecipe(folder, true, Progress.lines(new PrintStream(OutputStream.nullOutputStream())), stop);
    }

    @Test
    void fromNothingToAModelWithAStopOnTheWay() throws IOException {
        Path target = folder.resolve("model");
        AtomicInteger asked = new AtomicInteger();
        try (PeekRecipe peek = quick(() -> asked.incrementAndGet() > 30)) {
            assertThatThrownBy(() -> peek.run(target)).isInstanceOf(StoppedException.class);
        }
        assertThat(folder.resolve("windows.safetensors")).exists();
        assertThat(target).doesNotExist();
        try (PeekRecipe peek = quick(() -> false)) {
            peek.run(target);
        }
        assertThat(folder.resolve("training.png")).isNotEmptyFile();
        for (String stage : PeekRecipe.stages()) {
            assertThat(folder.resolve(stage + ".safetensors")).exists();
        }
        try (Checkpoint weights = Checkpoint.open(target)) {
            ModelParts model = Families.read(target).description().load(weights, DType.F32, null);
            assertThat(model.shape().visualTokens()).isEqualTo(256);
        }
        // Once more, everything is there already.
        byte[] log = Files.readAllBytes(folder.resolve("log.jsonl"));
        try (PeekRecipe peek = quick(() -> true)) {
            peek.run(target);
        }
        assertThat(Files.readAllBytes(folder.resolve("log.jsonl"))).isEqualTo(log);
        withATechniqueInTheLoop();
    }

    /** Trained with a technique, a stage is another one beside the plain one, which stays as it was. */
    private void withATechniqueInTheLoop() throws IOException {
        byte[] plain = Files.readAllBytes(folder.resolve("finish.safetensors"));
        Step half = new Step(
                new Station.Connector(),
                List.of(new Signal.EncoderAttention(0, Signal.EncoderQueries.CLS, Signal.Heads.MEAN)),
                signals -> Outcome.of(Decision.Keep.of(
                        IntStream.range(0, signals.layout().visualCount() / 2).toArray())));
        PeekRecipe.Pruning pruning = new PeekRecipe.Pruning("half:a=1-50%", shape -> Plan.of("half", half));
        Path target = folder.resolve("pruned");
        Progress quiet = Progress.lines(new PrintStream(OutputStream.nullOutputStream()));
        try (PeekRecipe peek = new PeekRecipe(folder, true, quiet, () -> false, pruning)) {
            assertThatThrownBy(() -> peek.export(target))
                    .hasMessageStartingWith("Stage 'finish+half_a=1-50%' must be trained first");
            peek.stage("finish");
            peek.export(target);
        }
        assertThat(folder.resolve("finish+half_a=1-50%.safetensors")).exists();
        assertThat(target.resolve("model.safetensors")).exists();
        assertThat(Files.readAllBytes(folder.resolve("finish.safetensors"))).isEqualTo(plain);
        PeekRecipe.Pruning wrong = new PeekRecipe.Pruning(
                "deep",
                shape -> Plan.of(
                        "deep", new Step(new Station.Decoder(99), List.of(), s -> Outcome.of(Decision.Keep.of(0)))));
        assertThatThrownBy(() -> new PeekRecipe(folder, true, quiet, () -> false, wrong).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'deep' asks for decoder[99]");
        // The folder is not held.
        quick(() -> false).close();
    }

    @Test
    void aFolderOfAnotherSizeAndStagesOutOfOrderAreToldInOneSentence() {
        try (PeekRecipe peek = quick(() -> false)) {
            assertThatThrownBy(() -> peek.stage("connect"))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageStartingWith("Stage 'pictures' must be trained first");
            assertThatThrownBy(() -> peek.export(folder.resolve("model")))
                    .hasMessageStartingWith("Stage 'finish' must be trained first");
            assertThatThrownBy(() -> peek.stage("colours")).hasMessageStartingWith("There is no stage 'colours'");
        }
        assertThatThrownBy(() -> new PeekRecipe(folder, false, Progress.lines(System.err), () -> false).close())
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("holds a run of size 'quick', not 'full'");
    }

    @Test
    void aRunUnderWayKeepsOthersOut() {
        try (PeekRecipe peek = quick(() -> false)) {
            assertThatThrownBy(() -> quick(() -> false).close())
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining(
                            "is in use by process " + ProcessHandle.current().pid() + " on ");
            assertThatThrownBy(() -> peek.stage("colours")).hasMessageStartingWith("There is no stage 'colours'");
        }
        quick(() -> false).close();
    }

    /** What older versions, other programs and hands leave. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "run.json | {} | holds a run of size ''",
                "run.json | {'size':'quick'} | names the precision ''",
                "run.json | {'size':'quick','precision':'fp4'} | names the precision 'fp4'",
                "run.json | [ | is not valid JSON",
                "tokenizer.json | {} | is no usable tokenizer",
                "tokenizer.json | [ | is no usable tokenizer",
            })
    void aDamagedFolderIsOneSentenceAndIsNotHeld(String file, String content, String says) throws IOException {
        quick(() -> false).close();
        byte[] sound = Files.readAllBytes(folder.resolve(file));
        Files.writeString(folder.resolve(file), content.replace('\'', '"'));
        assertThatThrownBy(() -> quick(() -> false).close())
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining(says)
                .hasMessageNotContaining("\n");
        Files.write(folder.resolve(file), sound);
        quick(() -> false).close();
    }

    @Test
    void aFileInPlaceOfTheFolderIsToldInOneSentence() throws IOException {
        Path file = Files.writeString(folder.resolve("taken"), "");
        assertThatThrownBy(() -> new PeekRecipe(file, true, Progress.lines(System.err), () -> false).close())
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("cannot be used for training");
    }
}
