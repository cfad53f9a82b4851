package dev.fovea.train.recipe;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Depth;
import dev.fovea.train.loop.TrainingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The stages of LLaVolta (arXiv 2406.20092, section 4): training begins under heavy compression, and the model answers in
 * the last stage as it will when it is finished.
 *
 * @param stages compression in each stage but the last
 * @param pivots the step at which each of these ends, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // made once for a run; never compared
record CompressionSchedule(List<Compression> stages, long[] pivots) {

    /**
     * Visual tokens averaged in runs of {@code s} behind {@code k} layers, of a language model with 32.
     *
     * @param k layers that see all tokens
     * @param s tokens that become one
     */
    record Compression(int k, int s) {
        private static final int PUBLISHED_LAYERS = 32;

        /** The knob of {@code k}, which fits models of any depth. */
        String layer() {
            return k + "/" + PUBLISHED_LAYERS;
        }

        /** The share of visual tokens that a layer of this model holds on average. */
        double kept(ModelShape shape) {
            double full = (double) Depth.scaled(k, PUBLISHED_LAYERS, shape.decoderLayers()) / shape.decoderLayers();
            return full + (1 - full) / s;
        }
    }

    private static final Compression HEAVY = new Compression(2, 8);
    private static final Compression WIDER = new Compression(2, 2);
    private static final Compression DEEPER = new Compression(16, 8);
    private static final Compression LIGHT = new Compression(16, 2);

    /** What comes before the last stage; heavy and light compress throughout. */
    private static final Map<String, List<Compression>> SCHEMES = Map.of(
            "single", List.of(),
            "two", List.of(HEAVY),
            "three-deeper", List.of(HEAVY, DEEPER),
            "three-wider", List.of(HEAVY, WIDER),
            "four-wider-deeper", List.of(HEAVY, WIDER, LIGHT),
            "four-deeper-wider", List.of(HEAVY, DEEPER, LIGHT),
            "last-stage", List.of(HEAVY, WIDER),
            "heavy", List.of(),
            "light", List.of());

    CompressionSchedule {
        stages = List.copyOf(stages);
    }

    /**
     * A scheme of the paper, its stages of equal length.
     *
     * @param steps of the whole training
     * @throws TrainingException if there is no such scheme
     */
    static CompressionSchedule of(String scheme, long steps) {
        List<Compression> stages = SCHEMES.get(scheme);
        if (stages == null) {
            throw new TrainingException("There is no scheme of stages called '" + scheme + "'");
        }
        long[] pivots = new long[stages.size()];
        Arrays.setAll(pivots, i -> Math.round((double) (i + 1) * steps / (stages.size() + 1)));
        return new CompressionSchedule(stages, pivots);
    }

    /**
     * The stage of a step, counted from 0. As published, the step that the first pivot names is still of the first stage,
     * and so on: a pivot is looked at behind the step that it counts.
     *
     * @param step counted from 1
     */
    int at(long step) {
        int stage = 0;
        while (stage < pivots.length && step > pivots[stage] + 1) {
            stage++;
        }
        return stage;
    }

    /** How many stages there are, the last one among them. */
    int count() {
        return pivots.length + 1;
    }

    /** How many of the steps each stage has. */
    List<Long> lengths(long steps) {
        List<Long> lengths = new ArrayList<>();
        for (int stage = 0; stage < count(); stage++) {
            long begin = stage == 0 ? 0 : Math.min(steps, pivots[stage - 1] + 1);
            long end = stage == pivots.length ? steps : Math.min(steps, pivots[stage] + 1);
            lengths.add(end - begin);
        }
        return lengths;
    }
}
