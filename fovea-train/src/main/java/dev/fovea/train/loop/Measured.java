package dev.fovea.train.loop;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What an objective says of one batch.
 *
 * @param loss scalar, differentiable
 * @param accuracies by name; empty unless asked for
 * @param costs what the batch took, by name, for the log; empty unless asked for
 */
public record Measured(Tensor loss, Map<String, Share> accuracies, Map<String, Double> costs) {
    public Measured {
        accuracies = Map.copyOf(accuracies);
        costs = Map.copyOf(costs);
    }

    public Measured(Tensor loss, Map<String, Share> accuracies) {
        this(loss, accuracies, Map.of());
    }
}
