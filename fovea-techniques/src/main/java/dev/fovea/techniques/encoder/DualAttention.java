package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;
import java.util.stream.IntStream;

/**
 * MustDrop's filter inside the language model: what all text together and every word of it attends to weakly goes.
 *
 * @param gamma share of the text's attention below which a token may go
 * @param alpha attention of a single word below which it may go
 */
record DualAttention(double gamma, double alpha) {
    /** Name of the note that marks what is never dropped. */
    static final String KEY_SET = "key";

    private static final int PUBLISHED_TOKENS = 576;

    /** Average tokens, gamma and alpha of the authors' scripts. */
    private static final double[][] PUBLISHED = {{64, 0.011, 0.01}, {128, 0.0012, 0.001}, {192, 0.001, 0.001}};

    static DualAttention of(Budget budget, ModelShape shape, Knobs knobs) {
        double tokens = PUBLISHED_TOKENS * budget.shareOf(shape.visualTokens());
        double scale = (double) PUBLISHED_TOKENS / shape.visualTokens();
        return new DualAttention(
                knobs.number("gamma", scale * published(tokens, 1)),
                knobs.number("alpha", scale * published(tokens, 2)));
    }

    /** A threshold for so many of 576 tokens: between the published ones geometric, beyond them the nearest. */
    static double published(double tokens, int column) {
        int i = tokens < PUBLISHED[1][0] ? 0 : 1;
        double[] low = PUBLISHED[i];
        double[] high = PUBLISHED[i + 1];
        double t = Math.clamp((tokens - low[0]) / (high[0] - low[0]), 0, 1);
        return low[column] * Math.pow(high[column] / low[column], t);
    }

    /** 1 for the tokens that are never dropped, a share of all by their attention, rounded up; else 0. */
    static float[] keySet(float[] attention, double rate) {
        float[] key = new float[attention.length];
        for (int token : TopK.largest(attention, (int) Math.ceil(rate * attention.length))) {
            key[token] = 1;
        }
        return key;
    }

    /** Drops on entering a layer, by the attention of the layer before. */
    Step step(int depth) {
        Signal.DecoderInstructionAttention attention = new Signal.DecoderInstructionAttention(depth - 1, false);
        Signal.Noted key = new Signal.Noted(KEY_SET);
        return new Step(new Station.Decoder(depth), List.of(attention, key), s -> {
            Matrix toVisual = s.get(attention);
            int[] kept = kept(toVisual, s.get(key));
            return Outcome.of(new Decision.Keep(kept, Decision.Positions.RENUMBERED), sums(toVisual));
        });
    }

    /**
     * What stays, ascending.
     *
     * @param attention of every text token to every visual one, {@code [text, visual]}
     * @param key above 0 for tokens that stay whatever it is
     */
    int[] kept(Matrix attention, float[] key) {
        float[] sums = sums(attention);
        double limit = gamma * Vectors.sum(sums);
        return IntStream.range(0, key.length)
                .filter(j -> key[j] > 0 || sums[j] >= limit || strongest(attention, j) >= alpha)
                .toArray();
    }

    private static float[] sums(Matrix attention) {
        float[] sums = new float[attention.cols()];
        for (int i = 0; i < attention.data().length; i++) {
            sums[i % sums.length] += attention.data()[i];
        }
        return sums;
    }

    private static double strongest(Matrix attention, int token) {
        double most = 0;
        for (int row = 0; row < attention.rows(); row++) {
            most = Math.max(most, attention.get(row, token));
        }
        return most;
    }
}
