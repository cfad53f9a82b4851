package dev.fovea.train.loop;

import java.util.List;
import java.util.function.Function;

/**
 * What a stage is measured on while it trains.
 *
 * @param <B> kind of batch
 * @param batches held-out batches, never trained on
 * @param measure loss and accuracies of one of them, without gradients
 * @param every steps between evaluations; the last step is always followed by one
 */
public record Evaluation<B>(List<B> batches, Function<B, Measured> measure, long every) {
    public Evaluation {
        batches = List.copyOf(batches);
    }
}
