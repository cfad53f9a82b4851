package dev.fovea.eval.steer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class ConflictsTest {

    @Test
    void bothSidesAreCountedAndPaired() {
        Conflicts conflicts = new Conflicts();
        // Conflicting: the plain model is right in one of four and says the prior in three; steered three and one.
        boolean[] plain = {true, false, false, false};
        boolean[] steered = {true, true, true, false};
        for (int i = 0; i < 4; i++) {
            conflicts.add("plain", "p" + i, true, plain[i] ? 1 : 0, !plain[i]);
            conflicts.add("steered", "p" + i, true, steered[i] ? 1 : 0, !steered[i]);
        }
        conflicts.add("plain", "q", false, 1, true);
        conflicts.add("steered", "q", false, 0, false);
        assertThat(conflicts.contestants()).containsExactly("plain", "steered");
        assertThat(conflicts.questions()).isEqualTo(5);
        Conflicts.Side own = conflicts.side("plain", true);
        assertThat(own.right().value()).isEqualTo(0.25);
        assertThat(own.prior().value()).isEqualTo(0.75);
        assertThat(own.against()).isNull();
        Conflicts.Side other = conflicts.side("steered", true);
        assertThat(Objects.requireNonNull(other.against()).difference()).isCloseTo(0.5, offset(1e-9));
        assertThat(Objects.requireNonNull(other.lessPrior()).difference()).isCloseTo(0.5, offset(1e-9));
        assertThat(Objects.requireNonNull(conflicts.side("steered", false).against())
                        .difference())
                .isEqualTo(-1);
    }

    /** A run that was stopped between two contestants counts what both have answered. */
    @Test
    void onlyWhatAllHaveAnsweredCounts() {
        Conflicts conflicts = new Conflicts();
        conflicts.add("plain", "p", true, 1, false);
        conflicts.add("plain", "p", true, 1, false);
        conflicts.add("steered", "p", true, 0, true);
        assertThat(conflicts.questions()).isEqualTo(1);
        assertThat(conflicts.side("plain", true).right().n()).isEqualTo(1);
        assertThat(conflicts.side("steered", false).right().n()).isZero();
        assertThat(conflicts.side("steered", false).against()).isNull();
    }
}
