package dev.fovea.train.loop;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What an objective says of one batch.
 *
 * @param loss scalar, differentiable
 * @param accuracies by name; empty unless asked for
 */
public record Measured(Tensor loss, Map<String, Share> accuracies) {
    public Measured {
        accuracies = Map.copyOf(accuracies);
    }
}
