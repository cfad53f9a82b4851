package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.primitives.BipartiteMatching;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** What ToMe and Turbo share: merging matched tokens between attention and MLP of an encoder block. */
final class TokenMerging {
    static final Signal.TokenSizes SIZES = new Signal.TokenSizes();

    private TokenMerging() {}

    /**
     * One step for every block that has something to merge, and what brings the tokens into raster order behind them if
     * the knob {@code order} says so and a language model follows.
     */
    static List<Step> steps(ModelShape shape, MergeSchedule schedule, Knobs knobs, IntFunction<Step> block) {
        List<Step> steps = new ArrayList<>();
        for (int layer = 0; layer < shape.featureLayers(); layer++) {
            if (schedule.perBlock()[layer] > 0) {
                steps.add(block.apply(layer));
            }
        }
        if (!steps.isEmpty() && shape.hasLanguageModel() && knobs.is("order", "raster")) {
            steps.add(rasterOrder());
        }
        return steps;
    }

    /** What is left of a block's tokens once {@code r} of them are merged, those of highest priority first. */
    static Decision merged(Signals signals, ModelShape shape, int layer, int r, BipartiteMatching.Priority priority) {
        if (r <= 0) {
            return new Decision.Unchanged();
        }
        return merge(
                BipartiteMatching.match(metric(signals, layer, shape), shape.hasCls(), r, priority),
                signals.get(SIZES),
                shape.hasCls());
    }

    /** Keys of the block, the metric of the matching. */
    static Signal.EncoderProjection keys(int layer) {
        return new Signal.EncoderProjection(layer, Signal.Projection.KEY);
    }

    /** The metric: keys averaged over heads, {@code [tokens, head width]}, CLS first. */
    static Matrix metric(Signals signals, int layer, ModelShape shape) {
        return Vectors.meanOverHeads(signals.get(keys(layer)), shape.encoderHeads());
    }

    /**
     * Merges what was matched, each token weighted by the number of patches it stands for.
     *
     * @param match over encoder tokens, the class token first where there is one
     * @param sizes {@code [tokens]}, class token first
     */
    static Decision.Merge merge(BipartiteMatching.Match match, float[] sizes, boolean classToken) {
        int shift = classToken ? 1 : 0;
        MergeBuilder merge = new MergeBuilder();
        for (int[] group : match.groups()) {
            if (classToken && group[0] == 0) {
                continue;
            }
            float[] weights = Vectors.pick(sizes, group);
            float total = (float) Vectors.sum(weights);
            for (int i = 0; i < weights.length; i++) {
                weights[i] /= total;
            }
            merge.group(
                    group[0] - shift, Arrays.stream(group).map(t -> t - shift).toArray(), weights);
        }
        return merge.build();
    }

    /**
     * Matching puts even tokens before odd ones; the language model reads in raster order, so what is left is sorted by
     * the cell of its anchor before it goes on.
     */
    static Step rasterOrder() {
        return new Step(new Station.Connector(), List.of(), s -> {
            int[] cells = s.layout().cells();
            int[] order = IntStream.range(0, cells.length)
                    .boxed()
                    .sorted(Comparator.comparingInt((Integer i) -> cells[i]).thenComparingInt(i -> i))
                    .mapToInt(Integer::intValue)
                    .toArray();
            boolean sorted = IntStream.range(0, order.length).allMatch(i -> order[i] == i);
            return Outcome.of(sorted ? new Decision.Unchanged() : Decision.Keep.of(order));
        });
    }
}
