package dev.fovea.train.loop;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.train.data.Prefetch;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.optim.Optimizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Runs stages: gradient steps, a log line every few seconds, evaluation while training, a checkpoint every few minutes
 * and at the end. A stage whose checkpoint says that it is done is not run again.
 */
public final class Loop {
    private static final Duration SAVE_EVERY = Duration.ofMinutes(2);
    private static final int LOG_EVERY = 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final Progress progress;

    /**
     * @param folder where checkpoints and {@code log.jsonl} go
     * @param progress told how training goes
     */
    public Loop(Path folder, Progress progress) {
        this.folder = folder;
        this.progress = progress;
    }

    /** The checkpoint of a stage. */
    public Path checkpoint(String stage) {
        return folder.resolve(stage + ".safetensors");
    }

    /** Copies into {@code parameters} whatever the finished stage {@code from} knows of them. */
    public int load(String from, Parameters parameters) {
        try (Checkpoint checkpoint = Checkpoint.open(checkpoint(from));
                Scope scope = Scope.inference()) {
            return Checkpoints.load(checkpoint, parameters);
        }
    }

    /** Runs a stage to its end, from its checkpoint if there is one. */
    public <B> void run(Stage<B> stage) {
        try (Optimizer optimizer = new Optimizer(stage.parameters(), stage.settings(), stage.trainable())) {
            Path file = checkpoint(stage.name());
            Checkpoints.restore(file, stage.parameters(), optimizer);
            long first = optimizer.steps();
            long steps = stage.schedule().steps();
            if (first >= steps) {
                return;
            }
            progress.begin(stage.name(), first, steps);
            Clock clock = new Clock();
            try (Workers workers = new Workers(stage.accumulate());
                    Prefetch<B> data = new Prefetch<>(stage.batches(), first * stage.accumulate(), 3)) {
                for (long step = first; step < steps; step++) {
                    Map<String, Double> metrics = step(stage, optimizer, data, workers, step);
                    clock.count((long) stage.accumulate() * stage.samples());
                    boolean last = step + 1 == steps;
                    if ((step + 1) % stage.evaluateEvery() == 0 || last) {
                        metrics.putAll(evaluate(stage));
                    }
                    if (!metrics.isEmpty()) {
                        metrics.put("samples_per_second", clock.rate());
                        log(stage.name(), step + 1, metrics);
                        progress.step(step + 1, steps, metrics);
                    }
                    if (last || clock.due(SAVE_EVERY)) {
                        Checkpoints.save(file, stage.parameters(), optimizer);
                    }
                }
            }
            progress.end(stage.name());
        }
    }

    private <B> Map<String, Double> step(
            Stage<B> stage, Optimizer optimizer, Prefetch<B> data, Workers workers, long step) {
        boolean measure = (step + 1) % LOG_EVERY == 0;
        List<B> batches = new ArrayList<>();
        for (int i = 0; i < stage.accumulate(); i++) {
            batches.add(data.next());
        }
        Map<String, Double> metrics = new TreeMap<>();
        workers.forEach(batches, (i, batch) -> backward(stage, batch, measure && i == 0 ? metrics : null));
        double lr = stage.schedule().at(step);
        double norm = optimizer.step(lr);
        if (measure) {
            metrics.put("lr", lr);
            metrics.put("gradient_norm", norm);
        }
        return metrics;
    }

    /** Adds one batch's share to the gradients; figures go to {@code metrics} if it is there. */
    private static <B> void backward(Stage<B> stage, B batch, @Nullable Map<String, Double> metrics) {
        try (Scope scope = Scope.training()) {
            Measured m = stage.objective().measure(batch, metrics != null);
            Tensor share = Tensors.scale(m.loss(), 1.0 / stage.accumulate());
            share.backward();
            if (metrics != null) {
                metrics.putAll(m.metrics());
                metrics.put("loss", (double) m.loss().item_float());
            }
        }
    }

    private static <B> Map<String, Double> evaluate(Stage<B> stage) {
        Map<String, Double> figures = new TreeMap<>();
        stage.evaluation().get().forEach((name, value) -> figures.put("held_out_" + name, value));
        return figures;
    }

    private void log(String stage, long step, Map<String, Double> metrics) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("stage", stage);
        line.put("step", step);
        metrics.forEach((name, value) -> {
            if (Double.isFinite(value)) {
                line.put(name, value);
            }
        });
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    folder.resolve("log.jsonl"),
                    JSON.writeValueAsString(line) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the training log in " + folder, e);
        }
    }

    /** Counts samples and time since the last checkpoint. */
    private static final class Clock {
        private final long start = System.nanoTime();
        private long saved = start;
        private long samples;

        void count(long n) {
            samples += n;
        }

        double rate() {
            return samples * 1e9 / (System.nanoTime() - start);
        }

        boolean due(Duration every) {
            long now = System.nanoTime();
            if (now - saved < every.toNanos()) {
                return false;
            }
            saved = now;
            return true;
        }
    }
}
