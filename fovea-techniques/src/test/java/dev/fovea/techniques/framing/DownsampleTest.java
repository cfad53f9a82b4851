package dev.fovea.techniques.framing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DownsampleTest {
    private static Decision resize(int rows, int cols, Budget budget, String... knobs) {
        Plan plan = Models.plan(new Downsample(), Models.LLAVA, budget, knobs);
        return FakeSignals.of(Layout.ofGrid(rows, cols)).run(Models.only(plan)).decision();
    }

    @ParameterizedTest
    @CsvSource({
        "24, 24, 144, 12, 12",
        "24, 24, 64, 8, 8",
        "24, 24, 192, 13, 14",
        "24, 24, 128, 11, 11",
        "24, 24, 32, 5, 6",
        "24, 24, 1, 1, 1",
        "24, 24, 3, 1, 2",
        "37, 27, 250, 18, 13",
        "27, 37, 250, 13, 19",
        "1, 100, 25, 1, 25",
        "2, 50, 25, 1, 25"
    })
    void asManyTokensAsTheBudgetAllowsInTheShapeOfThePicture(int rows, int cols, int tokens, int down, int across) {
        assertThat(Downsample.within(rows, cols, tokens)).isEqualTo(new Decision.Resize(down, across));
    }

    @Test
    void neverMoreThanTheBudgetNorThanThePicture() {
        for (int rows = 1; rows < 30; rows++) {
            for (int cols = 1; cols < 30; cols += 3) {
                for (int tokens = 1; tokens <= rows * cols; tokens++) {
                    Decision.Resize r = Downsample.within(rows, cols, tokens);
                    assertThat(r.rows()).isBetween(1, rows);
                    assertThat(r.cols()).isBetween(1, cols);
                    assertThat(r.rows() * r.cols()).isLessThanOrEqualTo(tokens);
                    if (tokens == rows * cols) {
                        assertThat(r).isEqualTo(new Decision.Resize(rows, cols));
                    }
                }
            }
        }
    }

    @Test
    void theBudgetIsThatOfTheGivenPicture() {
        assertThat(resize(24, 24, Budget.share(0.25))).isEqualTo(new Decision.Resize(12, 12));
        assertThat(resize(16, 16, Budget.share(0.25))).isEqualTo(new Decision.Resize(8, 8));
        assertThat(resize(16, 16, Budget.count(64))).isEqualTo(new Decision.Resize(8, 8));
    }

    /** The authors' factors on a grid of 24 x 24: 75, 88.89, 93.75, 96 and 99 % fewer tokens, nominally. */
    @ParameterizedTest
    @CsvSource({"2, 12", "3, 8", "4, 6", "5, 5", "7, 3", "10, 2", "16, 2", "100, 1"})
    void factorsReplaceTheBudget(int factor, int side) {
        assertThat(resize(24, 24, Budget.full(), "factor=" + factor)).isEqualTo(new Decision.Resize(side, side));
    }

    @Test
    void factorOneIsThePlainModel() {
        assertThat(Models.plan(new Downsample(), Models.LLAVA, Budget.share(0.5), "factor=1")
                        .steps())
                .isEmpty();
    }
}
