package dev.fovea.train.loop;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.report.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Runs stages: gradient steps, a log line every few seconds, evaluation while training, a checkpoint and a chart every
 * few minutes and at the end. A stage whose checkpoint says that it is done is not run again.
 */
public class Loop {
    private static final String LOG = "log.jsonl";
    private static final String CHART = "training.png";

    private final Path folder;
    private final Progress progress;
    private final BooleanSupplier stop;
    private final TrainingLog log;
    private boolean charts = true;

    /**
     * @param folder where checkpoints, {@code log.jsonl} and {@code training.png} go
     * @param progress told how training goes
     * @param stop asked after every step whether to save and stop; an interruption of the thread that trains does the
     *     same
     */
    public Loop(Path folder, Progress progress, BooleanSupplier stop) {
        this.folder = folder;
        this.progress = progress;
        this.stop = stop;
        this.log = new TrainingLog(folder.resolve(LOG));
    }

    /** The checkpoint of a stage. */
    public Path checkpoint(String stage) {
        return folder.resolve(stage + ".safetensors");
    }

    /**
     * The checkpoint of a stage that must be there.
     *
     * @throws TrainingException if it is not
     */
    public Path trained(String stage) {
        Path file = checkpoint(stage);
        if (!Files.exists(file)) {
            throw new TrainingException(
                    "Stage '" + stage + "' must be trained first: its checkpoint " + file + " is not there");
        }
        return file;
    }

    /** The picture of loss and accuracy, drawn at every checkpoint. */
    public Path chart() {
        return folder.resolve(CHART);
    }

    /**
     * Copies into {@code parameters} whatever stage {@code from} knows of them.
     *
     * @throws TrainingException if that stage has not been trained, or knows nothing of them
     */
    public void load(String from, Parameters parameters) {
        Path file = trained(from);
        try (Checkpoint checkpoint = Checkpoint.open(file);
                Scope scope = Scope.inference()) {
            if (Checkpoints.load(checkpoint, parameters) == 0) {
                throw new TrainingException(
                        file + " holds none of the weights that the next stage needs;" + " it is from another recipe");
            }
        }
    }

    /** Whether a stage has its {@code steps} behind it. */
    public boolean done(String stage, long steps) {
        Path file = checkpoint(stage);
        if (!Files.exists(file)) {
            return false;
        }
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            return Checkpoints.steps(file, checkpoint) >= steps;
        }
    }

    /**
     * Runs a stage to its end, from its checkpoint if there is one.
     *
     * @throws StoppedException if asked to stop; everything is saved
     * @throws TrainingException if it cannot go on or save, in one sentence; the last checkpoint stays as it was
     * @throws CheckpointException if its checkpoint cannot be read
     */
    public <B> void run(Stage<B> stage) {
        try (Optimizer optimizer = new Optimizer(stage.parameters(), stage.settings(), stage.trainable())) {
            Path file = checkpoint(stage.name());
            Checkpoints.restore(file, stage.parameters(), optimizer);
            if (optimizer.steps() < stage.schedule().steps()) {
                Runnable save = () -> Checkpoints.save(file, stage.parameters(), optimizer);
                new StageRun<>(stage, optimizer, log, progress, stop, save, this::draw).toTheEnd();
            }
        }
    }

    /** A chart is a service: without fonts or space for it, training goes on. */
    private void draw() {
        if (!charts) {
            return;
        }
        try {
            Chart.write(log.file(), chart());
        } catch (IOException | RuntimeException | LinkageError | InternalError e) {
            charts = false;
            progress.note("Charts cannot be drawn here (" + e.getMessage() + "); training goes on without them.");
        }
    }
}
