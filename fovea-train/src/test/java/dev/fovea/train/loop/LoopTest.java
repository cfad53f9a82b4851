package dev.fovea.train.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopTest {
    private static final int IN = 6;
    private static final int OUT = 4;
    private static final int ROWS = 8;

    @TempDir
    Path folder;

    /** Progress that nobody watches. */
    private static final class Silent implements Progress {
        final List<String> heard = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void begin(String stage, long first, long steps) {
            heard.add("begin " + stage + " " + first + " " + steps);
        }

        @Override
        public void step(long step) {
            heard.add("step " + step);
        }

        @Override
        public void figures(long step, Map<String, Double> figures) {
            heard.add("figures " + step);
        }

        @Override
        public void end(long step) {
            heard.add("end " + step);
        }

        @Override
        public void note(String text) {
            heard.add(text);
        }
    }

    private static Parameters parameters(int width) {
        Parameters p = new Parameters(11);
        p.matrix("hidden.weight", width, IN, 0.4);
        p.vector("hidden.bias", 0, width);
        p.table("out.weight", 0.4, OUT, width);
        return p.freeze();
    }

    private static float[] batch(long number) {
        SplittableRandom random = new SplittableRandom(number);
        float[] x = new float[ROWS * IN];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static Measured measure(Parameters p, float[] x, UnaryOperator<Tensor> spoil) {
        Tensor hidden = Tensors.of(x, ROWS, IN)
                .matmul(p.get("hidden.weight").t())
                .add(p.get("hidden.bias"))
                .tanh();
        Tensor out = hidden.matmul(p.get("out.weight").t());
        Tensor loss = out.sub(Tensors.full(1, dev.fovea.core.tensor.DType.F32, ROWS, OUT))
                .square()
                .mean();
        return new Measured(spoil.apply(loss), Map.of("good", new Share(3, 4)));
    }

    private static Stage<float[]> stage(Parameters p, long steps, int accumulate, UnaryOperator<Tensor> spoil) {
        return stage(p, steps, accumulate, 0.05, spoil);
    }

    private static Stage<float[]> stage(
            Parameters p, long steps, int accumulate, double rate, UnaryOperator<Tensor> spoil) {
        return new Stage<>(
                "toy",
                p,
                e -> true,
                new Optimizer.Settings(0.9, 0.98, 1e-8, 0.01, 1, 5, Precision.F32),
                new Schedule(rate, 2, steps, 0.1),
                accumulate,
                ROWS,
                LoopTest::batch,
                (x, measure) -> measure(p, x, spoil),
                new Evaluation<>(List.of(batch(-1), batch(-2)), x -> measure(p, x, t -> t), 4));
    }

    private Path train(String name, long steps, int accumulate, BooleanSupplier stop) {
        Loop loop = new Loop(folder.resolve(name), new Silent(), stop);
        try (Parameters p = parameters(5)) {
            loop.run(stage(p, steps, accumulate, t -> t));
        }
        return loop.checkpoint("toy");
    }

    private static BooleanSupplier after(int questions) {
        AtomicInteger asked = new AtomicInteger();
        return () -> asked.getAndIncrement() >= questions;
    }

    @Test
    void stoppedAndResumedItEndsWithTheSameBytes() throws IOException {
        for (int accumulate : new int[] {1, 2}) {
            Path straight = train("straight" + accumulate, 6, accumulate, () -> false);
            String name = "resumed" + accumulate;
            assertThatThrownBy(() -> train(name, 6, accumulate, after(3)))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage(
                            "Stopped in stage 'toy' after step 3 of 6; started again, training goes on from there.");
            Path checkpoint = folder.resolve(name).resolve("toy.safetensors");
            try (Checkpoint half = Checkpoint.open(checkpoint)) {
                assertThat(half.metadata()).containsEntry("steps", "3");
                assertThat(half.names()).contains("optimizer.first", "optimizer.second", "hidden.weight");
            }
            Path kept = Files.copy(checkpoint, folder.resolve("kept" + accumulate));
            train(name, 6, accumulate, () -> false);
            assertThat(Files.mismatch(straight, checkpoint)).isEqualTo(-1);

            // Killed after step 5, with the checkpoint of step 3 as the last one.
            Files.delete(checkpoint);
            Files.copy(kept, checkpoint);
            assertThatThrownBy(() -> train(name, 6, accumulate, after(2))).isInstanceOf(StoppedException.class);
            Files.copy(kept, checkpoint, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            train(name, 6, accumulate, () -> false);
            assertThat(Files.mismatch(straight, checkpoint)).isEqualTo(-1);
        }
    }

    @Test
    void aDoneStageIsNotRunAgain() {
        train("once", 4, 1, () -> false);
        Silent silent = new Silent();
        Loop loop = new Loop(folder.resolve("once"), silent, () -> false);
        assertThat(loop.done("toy", 4)).isTrue();
        assertThat(loop.done("toy", 5)).isFalse();
        assertThat(loop.done("other", 1)).isFalse();
        try (Parameters p = parameters(5)) {
            loop.run(stage(p, 4, 1, t -> t));
        }
        assertThat(silent.heard).isEmpty();
    }

    @Test
    void progressLogAndChartTellOfEveryStep() throws IOException {
        Silent silent = new Silent();
        Loop loop = new Loop(folder, silent, () -> false);
        try (Parameters p = parameters(5)) {
            loop.run(stage(p, 5, 1, t -> t));
        }
        assertThat(silent.heard)
                .containsExactly(
                        "begin toy 0 5",
                        "step 1",
                        "step 2",
                        "step 3",
                        "step 4",
                        "figures 4",
                        "step 5",
                        "figures 5",
                        "end 5");
        List<String> log = Files.readAllLines(folder.resolve("log.jsonl"));
        assertThat(log).hasSize(2);
        assertThat(log.getFirst()).startsWith("{\"stage\":\"toy\",\"step\":4,").contains("\"held_out_good\":0.75");
        assertThat(log.getLast()).contains("\"loss\":", "\"good\":0.75", "\"held_out_loss\":", "\"lr\":");
        assertThat(loop.chart()).isNotEmptyFile();
    }

    @Test
    void anInterruptionSavesAndStops() {
        Loop loop = new Loop(folder, new Silent(), () -> false);
        AtomicInteger calls = new AtomicInteger();
        try (Parameters p = parameters(5)) {
            assertThatThrownBy(() -> loop.run(stage(p, 50, 1, t -> {
                        if (calls.incrementAndGet() == 3) {
                            Thread.currentThread().interrupt();
                        }
                        return t;
                    })))
                    .isInstanceOf(StoppedException.class)
                    .hasMessageContaining("after step 3 of 50");
        } finally {
            Thread.interrupted();
        }
        try (Checkpoint saved = Checkpoint.open(loop.checkpoint("toy"))) {
            assertThat(saved.metadata()).containsEntry("steps", "3");
        }
        assertThat(leftovers()).isEmpty();
    }

    private List<String> leftovers() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith(".part"))
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aCheckpointOfOtherSizesIsToldInOneSentence() {
        train("sizes", 2, 1, () -> false);
        Loop loop = new Loop(folder.resolve("sizes"), new Silent(), () -> false);
        try (Parameters p = parameters(7)) {
            assertThatThrownBy(() -> loop.run(stage(p, 2, 1, t -> t)))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("Tensor 'hidden.weight'")
                    .hasMessageContaining("has shape [5, 6], but the recipe asks for [7, 6]");
            assertThatThrownBy(() -> loop.load("toy", p)).hasMessageContaining("has shape [5, 6]");
        }
    }

    @Test
    void aStageThatIsNotThereOrNotOfThisRecipeIsNamed() {
        Loop loop = new Loop(folder, new Silent(), () -> false);
        try (Parameters p = parameters(5)) {
            assertThatThrownBy(() -> loop.load("earlier", p))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageStartingWith("Stage 'earlier' must be trained first");
        }
        train("other", 2, 1, () -> false);
        Parameters strangers = new Parameters(1);
        strangers.vector("stranger", 0, 2);
        try (Parameters p = strangers.freeze()) {
            assertThatThrownBy(() -> new Loop(folder.resolve("other"), new Silent(), () -> false).load("toy", p))
                    .hasMessageContaining("holds none of the weights");
        }
    }

    @Test
    void aTruncatedCheckpointIsToldAndLeftAlone() throws IOException {
        Path checkpoint = train("cut", 2, 1, () -> false);
        byte[] all = Files.readAllBytes(checkpoint);
        Files.write(checkpoint, java.util.Arrays.copyOf(all, all.length - 9));
        assertThatThrownBy(() -> train("cut", 3, 1, () -> false)).isInstanceOf(CheckpointException.class);
        assertThat(checkpoint).hasSize(all.length - 9);
    }

    @Test
    void oneLossThatIsNoNumberIsLeftOut() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        Loop loop = new Loop(folder, new Silent(), () -> false);
        try (Parameters p = parameters(5)) {
            loop.run(stage(p, 4, 1, t -> calls.incrementAndGet() == 2 ? Tensors.scale(t, Double.NaN) : t));
            assertThat(Tensors.floats(p.values())).doesNotContain(Float.NaN);
        }
        assertThat(Files.readString(folder.resolve("log.jsonl"))).contains("\"skipped_steps\":1.0");
        assertThat(loop.done("toy", 4)).isTrue();
    }

    @Test
    void nothingButLossesThatAreNoNumbersEndsTheStageInOneSentence() {
        Loop loop = new Loop(folder, new Silent(), () -> false);
        try (Parameters p = parameters(5)) {
            assertThatThrownBy(() -> loop.run(stage(p, 100, 1, t -> Tensors.scale(t, Double.NaN))))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("met no finite gradient in 25 steps up to step 25");
        }
        assertThat(loop.checkpoint("toy")).doesNotExist();
    }

    @Test
    void weightsThatAreNoNumbersNeverReplaceAGoodCheckpoint() throws IOException {
        assertThatThrownBy(() -> train("wild", 6, 1, after(2))).isInstanceOf(StoppedException.class);
        Loop loop = new Loop(folder.resolve("wild"), new Silent(), after(1));
        byte[] good = Files.readAllBytes(loop.checkpoint("toy"));
        try (Parameters p = parameters(5)) {
            assertThatThrownBy(() -> loop.run(stage(p, 6, 1, 1e30, t -> t)))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("are no longer finite numbers after step 3");
        }
        assertThat(Files.readAllBytes(loop.checkpoint("toy"))).isEqualTo(good);
    }

    @Test
    void aFailingBatchEndsTheStageWithItsOwnError() {
        Loop loop = new Loop(folder, new Silent(), () -> false);
        try (Parameters p = parameters(5)) {
            assertThatThrownBy(() -> loop.run(stage(p, 4, 2, t -> {
                        throw new IllegalStateException("no such luck");
                    })))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no such luck");
        }
    }

    @Test
    void aLogCutOffInMidLineGoesOnOnALineOfItsOwn() throws IOException {
        Files.writeString(folder.resolve("log.jsonl"), "{\"stage\":\"toy\",\"st");
        new TrainingLog(folder.resolve("log.jsonl")).append("toy", 3, Map.of("loss", 1.5, "none", Double.NaN));
        assertThat(Files.readAllLines(folder.resolve("log.jsonl")))
                .containsExactly("{\"stage\":\"toy\",\"st", "{\"stage\":\"toy\",\"step\":3,\"loss\":1.5}");
    }
}
