package dev.fovea.eval.bench;

import dev.fovea.core.path.Ledger;
import java.util.Arrays;
import java.util.List;

/**
 * Where on the picture the tokens that survived lay, by height. A token that stands for several has the place of its
 * anchor; one that was appended has the mean row of the patches in it; one without a patch has no place.
 */
final class KeptRows {
    /** Equal bands of the picture's height. */
    static final int BANDS = 4;

    private KeptRows() {}

    /** Surviving tokens of all pictures per band, the top one first: {@code [BANDS]}. */
    static List<Integer> of(Ledger ledger) {
        Integer[] bands = new Integer[BANDS];
        Arrays.fill(bands, 0);
        for (Ledger.Group group : ledger.survivors()) {
            double height = height(ledger, group);
            if (!Double.isNaN(height)) {
                bands[Math.min(BANDS - 1, (int) (height * BANDS))]++;
            }
        }
        return List.of(bands);
    }

    /** The share of tokens in the lower half of the picture; NaN of none. */
    static double lowerHalf(List<Integer> bands) {
        int all = 0;
        int lower = 0;
        for (int band = 0; band < bands.size(); band++) {
            all += bands.get(band);
            lower += band >= bands.size() / 2 ? bands.get(band) : 0;
        }
        return lower / (double) all;
    }

    /** 0 at the upper edge of its picture, 1 at the lower one; NaN without a place. */
    private static double height(Ledger ledger, Ledger.Group group) {
        if (group.anchor() >= 0) {
            return height(ledger, ledger.tokens().get(group.anchor()));
        }
        return Arrays.stream(group.members())
                .filter(member -> member >= 0)
                .mapToDouble(member -> height(ledger, ledger.tokens().get(member)))
                .filter(height -> !Double.isNaN(height))
                .average()
                .orElse(Double.NaN);
    }

    private static double height(Ledger ledger, Ledger.Token token) {
        return token.row() < 0
                ? Double.NaN
                : (token.row() + 0.5) / ledger.images().get(token.image()).rows();
    }
}
