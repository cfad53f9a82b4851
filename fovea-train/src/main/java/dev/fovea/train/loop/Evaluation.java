package dev.fovea.train.loop;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

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

    /** The first batches that a sampler makes. */
    public static <B> List<B> first(int count, LongFunction<B> sampler) {
        return LongStream.range(0, count).mapToObj(sampler).toList();
    }
}
