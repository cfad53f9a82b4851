package dev.fovea.train.loop;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What an objective says of one batch.
 *
 * @param loss scalar, differentiable
 * @param metrics named figures for the log (accuracies from 0 to 1); NaN where the batch held nothing to measure
 */
public record Measured(Tensor loss, Map<String, Double> metrics) {
    public Measured {
        metrics = Map.copyOf(metrics);
    }
}
