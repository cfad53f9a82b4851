package dev.fovea.techniques.decoder;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Spending;
import java.util.Arrays;

/**
 * How many tokens SparseVLM keeps at each stage.
 *
 * @param layers decoder layers before which the stages stand
 * @param shares of all visual tokens that each keeps, merged ones not counted
 */
@SuppressWarnings("ArrayRecordComponent")
record SparseSchedule(int[] layers, double[] shares) {
    private static final int TOKENS = 576;
    private static final int DEPTH = 32;
    private static final int[] LAYERS = {3, 7, 16};

    /** Nominal count, then what each stage keeps; the first row is the least that these layers allow. */
    private static final int[][] FIRST = {
        {36, 0, 0, 0},
        {64, 66, 30, 17},
        {96, 238, 48, 26},
        {128, 303, 110, 36},
        {192, 300, 200, 110},
        {576, 576, 576, 576}
    };

    private static final int[][] PLUS = {
        {36, 0, 0, 0},
        {64, 66, 34, 20},
        {96, 246, 54, 28},
        {128, 238, 108, 60},
        {192, 300, 200, 118},
        {576, 576, 576, 576}
    };

    static SparseSchedule of(ModelShape shape, Budget budget, Knobs knobs) {
        int[] layers = knobs.layers(shape, "l1", "l2", "l3");
        boolean plus = knobs.is("version", "plus");
        int[][] table = plus ? PLUS : FIRST;
        TokenRecycling recycling = plus ? new TokenRecycling(0, 0) : TokenRecycling.of(knobs);
        int depth = shape.decoderLayers();
        double nominal = budget.shareOf(shape.visualTokens());
        if (depth == DEPTH && Arrays.equals(layers, LAYERS)) {
            require(
                    nominal > table[0][0] / (double) TOKENS,
                    table[0][0] * shape.visualTokens() / TOKENS,
                    layers[0],
                    depth);
            return new SparseSchedule(layers, shares(table, nominal));
        }
        double target = held(LAYERS, DEPTH, shares(table, nominal), plus, recycling);
        double least = (double) layers[0] / depth;
        require(target > least, (int) Math.ceil(least * shape.visualTokens()), layers[0], depth);
        double fitting = Spending.solve(x -> held(layers, depth, shares(table, x), plus, recycling), target, 0, 1);
        return new SparseSchedule(layers, shares(table, fitting));
    }

    private static void require(boolean possible, int least, int first, int depth) {
        if (!possible) {
            throw new IllegalArgumentException("Technique 'sparsevlm' cannot average so few tokens per layer: with the "
                    + "first stage before layer " + first + " of " + depth + " a budget must be above " + least
                    + " tokens; give a larger one" + (first > 1 ? " or a lower sparsevlm:l1." : "."));
        }
    }

    /** Tokens that a stage keeps. */
    static int count(double share, int total) {
        return Math.max(1, (int) Math.floor(share * total + 0.5));
    }

    /** What the stages keep at a nominal share, by the rows of the table around it. */
    static double[] shares(int[][] table, double nominal) {
        double count = nominal * TOKENS;
        int row = 1;
        while (row < table.length - 1 && count > table[row][0]) {
            row++;
        }
        int[] low = table[row - 1];
        int[] high = table[row];
        double between = Math.clamp((count - low[0]) / (high[0] - low[0]), 0.0, 1.0);
        double[] shares = new double[LAYERS.length];
        for (int stage = 0; stage < shares.length; stage++) {
            shares[stage] = (low[stage + 1] + between * (high[stage + 1] - low[stage + 1])) / TOKENS;
        }
        return shares;
    }

    /** Share of the visual tokens that layers hold on average, merged ones counted. */
    private static double held(int[] layers, int depth, double[] shares, boolean plus, TokenRecycling recycling) {
        double sum = layers[0] * TOKENS;
        int present = TOKENS;
        for (int stage = 0; stage < layers.length; stage++) {
            int kept = Math.min(present, (int) Math.round(shares[stage] * TOKENS));
            present = kept + (plus ? 0 : recycling.merged(present - kept));
            sum += present * ((stage + 1 < layers.length ? layers[stage + 1] : depth) - layers[stage]);
        }
        return sum / (depth * (double) TOKENS);
    }
}
