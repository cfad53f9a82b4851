package dev.fovea.train.loop;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.SafeTensorsWriter;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.optim.Optimizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Saves and restores everything that a stage needs to go on exactly where it stopped: weights, optimiser state and the
 * number of steps, from which data position and random state follow, since batch {@code n} depends on {@code n} alone.
 */
final class Checkpoints {
    private static final String STEPS = "steps";

    private Checkpoints() {}

    static void save(Path file, Parameters parameters, Optimizer optimizer) {
        Map<String, Tensor> all = new LinkedHashMap<>(parameters.asMap());
        all.putAll(optimizer.state());
        SafeTensorsWriter.write(file, all, Map.of(STEPS, Long.toString(optimizer.steps())));
    }

    /** Restores if the file is there. */
    static boolean restore(Path file, Parameters parameters, Optimizer optimizer) {
        if (!Files.exists(file)) {
            return false;
        }
        try (Checkpoint checkpoint = Checkpoint.open(file);
                Scope scope = Scope.inference()) {
            load(checkpoint, parameters);
            Map<String, Tensor> state = new HashMap<>();
            for (String name : optimizer.state().keySet()) {
                state.put(name, checkpoint.tensor(name));
            }
            optimizer.restore(state, Long.parseLong(checkpoint.metadata().get(STEPS)));
        }
        return true;
    }

    /** Copies the weights that a checkpoint holds; parameters it does not know keep their values. */
    static int load(Checkpoint checkpoint, Parameters parameters) {
        int loaded = 0;
        for (Parameters.Entry e : parameters.entries()) {
            if (checkpoint.contains(e.name())) {
                parameters.get(e.name()).detach().copy_(checkpoint.tensor(e.name()));
                loaded++;
            }
        }
        return loaded;
    }
}
