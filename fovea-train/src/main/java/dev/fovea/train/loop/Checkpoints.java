package dev.fovea.train.loop;

import dev.fovea.core.file.OutputException;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.SafeTensorsWriter;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.optim.Optimizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Saves and restores everything that a stage needs to go on exactly where it stopped: weights, optimiser state and the
 * number of steps, from which data position and random state follow, since batch {@code n} depends on {@code n} alone.
 */
final class Checkpoints {
    private static final String STEPS = "steps";

    private Checkpoints() {}

    /**
     * Writes beside {@code file} and moves into place. An interruption of the calling thread waits until that is done;
     * if it fails, {@code file} is what it was.
     */
    static void save(Path file, Parameters parameters, Optimizer optimizer) {
        Map<String, Tensor> all = new LinkedHashMap<>(parameters.asMap());
        all.putAll(optimizer.state());
        Map<String, String> metadata = Map.of(STEPS, Long.toString(optimizer.steps()));
        // An interrupted thread cannot write: its channels close. So another one does.
        try {
            undisturbed(() -> SafeTensorsWriter.write(file, all, metadata));
        } catch (OutputException e) {
            throw new TrainingException(
                    e.getMessage() + "; the checkpoint before it is as it was, and training goes on from there", e);
        }
    }

    private static void undisturbed(Runnable work) {
        FutureTask<@Nullable Void> task = new FutureTask<>(work, null);
        Thread.ofPlatform().name("save").start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    task.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw Rethrow.cause(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Restores if the file is there.
     *
     * @throws TrainingException if it does not hold this stage's weights and optimiser state, in these sizes
     */
    static boolean restore(Path file, Parameters parameters, Optimizer optimizer) {
        if (!Files.exists(file)) {
            return false;
        }
        try (Checkpoint checkpoint = Checkpoint.open(file);
                Scope scope = Scope.inference()) {
            long steps = steps(file, checkpoint);
            Map<String, Tensor> state = new LinkedHashMap<>(optimizer.state());
            Map<String, Tensor> all = new LinkedHashMap<>(parameters.asMap());
            all.putAll(state);
            all.forEach((name, wanted) -> check(file, checkpoint, name, wanted));
            load(checkpoint, parameters);
            state.replaceAll((name, unused) -> checkpoint.tensor(name));
            optimizer.restore(state, steps);
        }
        return true;
    }

    /** How many steps a checkpoint has behind it. */
    static long steps(Path file, Checkpoint checkpoint) {
        String steps = checkpoint.metadata().getOrDefault(STEPS, "");
        try {
            return Long.parseLong(steps);
        } catch (NumberFormatException e) {
            throw new TrainingException(
                    file + " does not say how many steps it has behind it, so training cannot go on from it;"
                            + " move it away to train the stage again",
                    e);
        }
    }

    /**
     * Copies the weights that a checkpoint holds; parameters it does not know keep their values.
     *
     * @return how many were copied
     * @throws TrainingException if one has another size
     */
    static int load(Checkpoint checkpoint, Parameters parameters) {
        int loaded = 0;
        for (Parameters.Entry e : parameters.entries()) {
            if (checkpoint.contains(e.name())) {
                Tensor own = parameters.get(e.name());
                check(checkpoint.path(), checkpoint, e.name(), own);
                own.detach().copy_(checkpoint.tensor(e.name()));
                loaded++;
            }
        }
        return loaded;
    }

    private static void check(Path file, Checkpoint checkpoint, String name, Tensor wanted) {
        if (!checkpoint.contains(name)) {
            throw new TrainingException(file + " lacks tensor '" + name
                    + "': it is from another recipe; move it away or train in another folder");
        }
        long[] stored = checkpoint.info(name).sizes();
        long[] own = Tensors.shape(wanted);
        if (!Arrays.equals(stored, own)) {
            throw new TrainingException("Tensor '" + name + "' in " + file + " has shape " + Arrays.toString(stored)
                    + ", but the recipe asks for " + Arrays.toString(own)
                    + ": it is from another recipe; move it away or train in another folder");
        }
    }
}
