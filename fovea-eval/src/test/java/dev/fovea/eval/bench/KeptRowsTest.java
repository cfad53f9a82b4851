package dev.fovea.eval.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeptRowsTest {
    /** Two pictures, 8 x 1 and 2 x 1 patches, each followed by a class token. */
    private static Ledger ledger(Ledger.Group... survivors) {
        List<Ledger.Token> tokens = new ArrayList<>();
        for (int row = 0; row < 8; row++) {
            tokens.add(new Ledger.Token(0, row, 0, List.of(), Ledger.Fate.KEPT));
        }
        tokens.add(new Ledger.Token(0, -1, -1, List.of(), Ledger.Fate.KEPT));
        tokens.add(new Ledger.Token(1, 0, 0, List.of(), Ledger.Fate.KEPT));
        tokens.add(new Ledger.Token(1, 1, 0, List.of(), Ledger.Fate.KEPT));
        return new Ledger(
                List.of(new Ledger.Grid(8, 1), new Ledger.Grid(2, 1)),
                tokens,
                List.of(survivors),
                List.of(),
                List.of());
    }

    private static Ledger.Group group(int anchor, int... members) {
        float[] weights = new float[members.length];
        java.util.Arrays.fill(weights, 1);
        return new Ledger.Group(anchor, members, weights);
    }

    @Test
    void everyTokenCountsInItsQuarterOfItsOwnPicture() {
        assertThat(KeptRows.of(ledger(group(0, 0), group(1, 1), group(2, 2), group(7, 7), group(9, 9), group(10, 10))))
                .containsExactly(2, 2, 0, 2);
    }

    @Test
    void groupsHaveThePlaceOfTheirAnchorOrTheMeanOfTheirPatches() {
        assertThat(KeptRows.of(ledger(group(7, 0, 1, 7)))).containsExactly(0, 0, 0, 1);
        assertThat(KeptRows.of(ledger(group(-1, 0, 7, 7, Decision.CLS)))).containsExactly(0, 0, 1, 0);
    }

    @Test
    void classTokensHaveNoPlace() {
        assertThat(KeptRows.of(ledger(group(8, 8), group(-1, Decision.CLS)))).containsExactly(0, 0, 0, 0);
    }

    @Test
    void theLowerHalfIsAShareOfAll() {
        assertThat(KeptRows.lowerHalf(List.of(1, 2, 3, 4))).isEqualTo(0.7);
        assertThat(KeptRows.lowerHalf(List.of(0, 0, 0, 0))).isNaN();
    }
}
