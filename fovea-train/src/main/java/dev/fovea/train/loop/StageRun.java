package dev.fovea.train.loop;

import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.Prefetch;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.report.Figures;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One run of a stage, from where it stands to its end.
 *
 * @param <B> kind of batch
 */
final class StageRun<B> {
    private static final Duration SAVE_EVERY = Duration.ofMinutes(2);
    private static final Duration LOG_AT_LEAST_EVERY = Duration.ofSeconds(15);
    private static final int LOG_EVERY = 20;
    private static final int AHEAD = 4;
    /** One unlucky batch is left out; so many in a row are no accident. */
    private static final int MOST_SKIPPED = 25;

    private final Stage<B> stage;
    private final Optimizer optimizer;
    private final TrainingLog log;
    private final Progress progress;
    private final BooleanSupplier stop;
    private final Runnable save;
    private final Runnable draw;
    private final Clock clock = new Clock();
    private long saved;
    private int skipped;
    private int skippedInARow;

    StageRun(
            Stage<B> stage,
            Optimizer optimizer,
            TrainingLog log,
            Progress progress,
            BooleanSupplier stop,
            Runnable save,
            Runnable draw) {
        this.stage = stage;
        this.optimizer = optimizer;
        this.log = log;
        this.progress = progress;
        this.stop = stop;
        this.save = save;
        this.draw = draw;
    }

    void toTheEnd() {
        long steps = stage.schedule().steps();
        saved = optimizer.steps();
        progress.begin(stage.name(), saved, steps);
        try (Workers workers = new Workers(stage.accumulate());
                Prefetch<B> data = new Prefetch<>(stage.batches(), saved * stage.accumulate(), AHEAD)) {
            while (optimizer.steps() < steps) {
                checkStop();
                one(data, workers);
            }
        } catch (InterruptedException e) {
            if (optimizer.steps() > saved) {
                save();
            }
            throw new StoppedException(stage.name(), optimizer.steps(), steps);
        } finally {
            progress.end(optimizer.steps());
        }
    }

    private void checkStop() throws InterruptedException {
        if (stop.getAsBoolean() || Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** A step and what is due after it. */
    private void one(Prefetch<B> data, Workers workers) throws InterruptedException {
        Map<String, Double> figures = step(data, workers);
        long done = optimizer.steps();
        boolean last = done == stage.schedule().steps();
        progress.step(done);
        if (!stage.evaluation().batches().isEmpty()
                && (last || done % stage.evaluation().every() == 0)) {
            figures.putAll(evaluate());
        }
        if (!figures.isEmpty()) {
            figures.put(Figures.SPEED, clock.rate());
            log.append(stage.name(), done, figures);
            progress.figures(done, figures);
        }
        if (last || clock.due(SAVE_EVERY)) {
            save();
            draw.run();
        }
    }

    private Map<String, Double> step(Prefetch<B> data, Workers workers) throws InterruptedException {
        long next = optimizer.steps() + 1;
        boolean measure = next % LOG_EVERY == 0 || next == stage.schedule().steps() || clock.silent(LOG_AT_LEAST_EVERY);
        Map<String, Double> figures = new TreeMap<>();
        long start = System.nanoTime();
        workers.forEach(
                data.next(stage.accumulate()), (i, batch) -> backward(batch, measure && i == 0 ? figures : null));
        double lr = stage.schedule().at(optimizer.steps());
        double norm = optimizer.step(lr);
        count(norm);
        if (measure) {
            clock.spoke();
            figures.put(Figures.RATE, lr);
            figures.put(Figures.GRADIENT, norm);
            figures.put(Figures.SECONDS, (System.nanoTime() - start) / 1e9);
            if (skipped > 0) {
                figures.put(Figures.SKIPPED, (double) skipped);
            }
        }
        return figures;
    }

    private void count(double norm) {
        clock.count((long) stage.accumulate() * stage.samples());
        if (Double.isFinite(norm)) {
            skippedInARow = 0;
            return;
        }
        skipped++;
        skippedInARow++;
        if (skippedInARow == MOST_SKIPPED) {
            throw new TrainingException("Stage '" + stage.name() + "' met no finite gradient in " + MOST_SKIPPED
                    + " steps up to step " + optimizer.steps()
                    + "; its last checkpoint is sound: lower the learning rate and start it again");
        }
    }

    /** Adds one batch's share to the gradients; figures go to {@code figures} if it is there. */
    private void backward(B batch, @Nullable Map<String, Double> figures) {
        try (Scope scope = Scope.training()) {
            Measured m = stage.objective().measure(batch, figures != null);
            Tensor share = Tensors.scale(m.loss(), 1.0 / stage.accumulate());
            share.backward();
            if (figures != null) {
                m.accuracies().forEach((name, accuracy) -> figures.put(name, accuracy.value()));
                figures.putAll(m.costs());
                figures.put(Figures.LOSS, (double) m.loss().item_float());
            }
        }
    }

    /** Accuracies over all held-out batches together, and their mean loss. */
    private Map<String, Double> evaluate() throws InterruptedException {
        Map<String, Share> shares = new TreeMap<>();
        double loss = 0;
        for (B batch : stage.evaluation().batches()) {
            checkStop();
            try (Scope scope = Scope.inference()) {
                Measured m = stage.evaluation().measure().apply(batch);
                m.accuracies().forEach((name, share) -> shares.merge(name, share, Share::plus));
                loss += m.loss().item_float() / stage.evaluation().batches().size();
            }
        }
        Map<String, Double> figures = new TreeMap<>();
        shares.forEach((name, share) -> figures.put(Figures.HELD_OUT + name, share.value()));
        figures.put(Figures.HELD_OUT + Figures.LOSS, loss);
        return figures;
    }

    private void save() {
        try (Scope scope = Scope.inference()) {
            if (!Double.isFinite(stage.parameters().values().norm().item_float())) {
                throw new TrainingException("The weights of stage '" + stage.name()
                        + "' are no longer finite numbers after step " + optimizer.steps()
                        + "; its last checkpoint is sound: lower the learning rate and start it again");
            }
        }
        save.run();
        Natives.trim();
        saved = optimizer.steps();
    }

    /** Counts samples, and the time since the last checkpoint and the last figures. */
    private static final class Clock {
        private final long start = System.nanoTime();
        private long saved = start;
        private long spoken = start;
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

        boolean silent(Duration longest) {
            return System.nanoTime() - spoken > longest.toNanos();
        }

        void spoke() {
            spoken = System.nanoTime();
        }
    }
}
