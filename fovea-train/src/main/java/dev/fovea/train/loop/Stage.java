package dev.fovea.train.loop;

import dev.fovea.train.nn.Parameters;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import java.util.function.LongFunction;
import java.util.function.Predicate;

/**
 * One stage of a recipe.
 *
 * @param <B> kind of batch
 * @param name names the stage's files and log lines
 * @param parameters what the stage knows; the trainable ones move
 * @param trainable which parameters move
 * @param settings of the optimiser
 * @param schedule learning rate by step; its {@code steps} is the stage's length
 * @param accumulate batches per step
 * @param samples samples per batch, for the progress line
 * @param batches batch by number, the same for the same number; called from several threads
 * @param objective loss of a batch; called from several threads if {@code accumulate} is more than 1
 * @param evaluation what it is measured on now and then
 */
public record Stage<B>(
        String name,
        Parameters parameters,
        Predicate<Parameters.Entry> trainable,
        Optimizer.Settings settings,
        Schedule schedule,
        int accumulate,
        int samples,
        LongFunction<B> batches,
        Objective<B> objective,
        Evaluation<B> evaluation) {

    /** The same stage with other settings of the optimiser. */
    public Stage<B> with(Optimizer.Settings other) {
        return new Stage<>(
                name, parameters, trainable, other, schedule, accumulate, samples, batches, objective, evaluation);
    }

    /** A loss over batches. */
    @FunctionalInterface
    public interface Objective<B> {
        /**
         * The loss of a batch.
         *
         * @param measure whether accuracies are wanted too
         */
        Measured measure(B batch, boolean measure);
    }
}
