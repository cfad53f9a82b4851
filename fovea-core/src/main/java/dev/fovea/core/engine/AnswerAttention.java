package dev.fovea.core.engine;

import java.util.Arrays;

/**
 * How the token that was read last looks at the visual tokens of its prompt: one row of attention in each layer, the mean
 * over heads, summed up layer by layer. Before what a plan does to the scores of that row.
 */
final class AnswerAttention {
    private final int[] cells;
    private final float[] sum;
    private int layers;

    /**
     * @param cells for each place of the prompt its visual token in the ledger, or -1
     * @param tokens visual tokens in the ledger
     */
    AnswerAttention(int[] cells, int tokens) {
        this.cells = cells;
        this.sum = new float[tokens];
    }

    /** Another token is read. */
    void begin() {
        Arrays.fill(sum, 0);
        layers = 0;
    }

    /**
     * A layer has been passed.
     *
     * @param places of the tokens that it holds
     * @param row how the token looks at each of them
     */
    void add(int[] places, float[] row) {
        for (int i = 0; i < places.length; i++) {
            int cell = places[i] < cells.length ? cells[places[i]] : -1;
            if (cell >= 0) {
                sum[cell] += row[i];
            }
        }
        layers++;
    }

    /** The mean over layers, for each visual token of the ledger; what a layer does not hold it does not look at. */
    float[] mean() {
        float[] out = sum.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] /= Math.max(1, layers);
        }
        return out;
    }
}
