package dev.fovea.eval.bench;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.eval.Proportion;
import dev.fovea.eval.report.Html;
import dev.fovea.eval.suite.Scored;
import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.Summed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class MeasuresTest {
    /** Right answers of all, and nothing else. */
    private static final Summed SHARE = new Summed() {
        @Override
        public int size() {
            return 2;
        }

        @Override
        public void add(Scored scored, double[] sums) {
            sums[0] += scored.score();
            sums[1]++;
        }

        @Override
        public Map<String, Double> metrics(double[] sums) {
            return Map.of("accuracy", sums[1] == 0 ? Double.NaN : sums[0] / sums[1]);
        }
    };

    private static final Suite SUITE = new Suite() {
        @Override
        public String name() {
            return "s";
        }

        @Override
        public String source() {
            return "of a test";
        }

        @Override
        public void forEach(int limit, Visitor visitor) {}

        @Override
        public Map<String, Double> metrics(List<Scored> scored) {
            return SHARE.of(scored);
        }

        @Override
        public Summed summed() {
            return SHARE;
        }
    };

    private static List<ResultRow> rows(
            String technique, int n, int perPicture, IntPredicate right, List<Double> pdmH) {
        List<ResultRow> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            rows.add(new ResultRow(
                    "s",
                    "q" + i,
                    "p" + i / perPicture,
                    technique,
                    "full",
                    "",
                    "",
                    "yes",
                    "",
                    "",
                    right.test(i) ? 1 : 0,
                    Map.of("named", 2.0),
                    0,
                    pdmH,
                    16,
                    16,
                    16,
                    List.of(4, 4, 4, 4),
                    9,
                    1,
                    1,
                    1,
                    1,
                    1,
                    1,
                    1,
                    null));
        }
        return rows;
    }

    /** With one question a picture the interval is about Wilson's; with more, pictures and not questions are drawn. */
    @Test
    void intervalsAreThoseOfPictures() {
        Measures single = Measures.of(rows("full", 400, 1, i -> i % 4 != 0, List.of()), List.of(SUITE))
                .getFirst();
        Estimate accuracy = requireNonNull(single.figures().get("accuracy"));
        Proportion wilson = new Proportion(300, 400);
        assertThat(accuracy.value()).isEqualTo(0.75);
        assertThat(accuracy.low()).isCloseTo(wilson.low(), within(0.01));
        assertThat(accuracy.high()).isCloseTo(wilson.high(), within(0.01));
        // Four questions a picture that share its luck: twice as wide.
        Measures many = Measures.of(rows("full", 400, 4, i -> i / 4 % 4 != 0, List.of()), List.of(SUITE))
                .getFirst();
        Estimate clustered = requireNonNull(many.figures().get("accuracy"));
        assertThat(clustered.high() - clustered.low()).isCloseTo(2 * (accuracy.high() - accuracy.low()), within(0.03));
        assertThat(single.differences()).isEmpty();
        assertThat(single.dependence()).isEmpty();
    }

    /** Who is right where the other is right differs by little, however uncertain both are; the draws repeat. */
    @Test
    void differencesAreDrawnTogether() {
        List<ResultRow> rows = rows("full", 200, 1, i -> i % 2 == 0, List.of());
        rows.addAll(rows("better", 200, 1, i -> i % 2 == 0 || i % 20 == 1, List.of()));
        List<Measures> all = Measures.of(rows, List.of(SUITE));
        Estimate difference = requireNonNull(all.getLast().differences().get("accuracy"));
        assertThat(difference.value()).isCloseTo(0.05, within(1e-12));
        assertThat(difference.low()).isBetween(0.015, 0.035);
        assertThat(difference.high()).isBetween(0.065, 0.09);
        assertThat(difference.above()).isEqualTo(Verdict.HELD);
        assertThat(difference.below()).isEqualTo(Verdict.NOT_HELD);
        assertThat(Measures.of(rows, List.of(SUITE))).isEqualTo(all);
        List<ResultRow> same = rows("full", 50, 1, i -> i % 2 == 0, List.of());
        same.addAll(rows("same", 50, 1, i -> i % 2 == 0, List.of()));
        Estimate none = requireNonNull(
                Measures.of(same, List.of(SUITE)).getLast().differences().get("accuracy"));
        assertThat(none).isEqualTo(new Estimate(0, 0, 0));
        assertThat(none.below()).isEqualTo(Verdict.OPEN);
        assertThat(new Estimate(Double.NaN, Double.NaN, Double.NaN).above()).isEqualTo(Verdict.NOT_MEASURED);
    }

    @Test
    void dependenceIsAveragedByTokenAndByThird() {
        List<ResultRow> rows = rows("full", 12, 1, i -> true, List.of(0.9, 0.6, 0.3));
        rows.addAll(rows("short", 12, 1, i -> true, List.of(0.5)));
        List<Measures> all = Measures.of(rows, List.of(SUITE));
        Measures full = all.getFirst();
        assertThat(full.dependence()).hasSize(3);
        assertThat(full.dependence().get(1).mean()).isEqualTo(new Estimate(0.6, 0.6, 0.6));
        assertThat(full.dependence().get(1).n()).isEqualTo(12);
        assertThat(requireNonNull(full.figures().get("pdm_h.early")).value()).isCloseTo(0.9, within(1e-12));
        Estimate fall = requireNonNull(full.figures().get("pdm_h.late_minus_early"));
        assertThat(fall.value()).isCloseTo(-0.6, within(1e-12));
        assertThat(fall.below()).isEqualTo(Verdict.HELD);
        assertThat(requireNonNull(all.getLast().figures().get("pdm_h.early")).value())
                .as("no third of one token")
                .isNaN();
        String markdown = new MeasuresSection(all).markdown();
        assertThat(markdown)
                .contains("| contestant | accuracy |", "| full model | 100.0 (100.0–100.0) |")
                .contains("| short at full - full model | +0.0 (+0.0 to +0.0) |", "**pdm_h**");
        Html html = Html.page("t");
        new MeasuresSection(all).html(html, List.of("full", "short"));
        assertThat(html.end())
                .contains("Figures with intervals", "Dependence on the picture by token", "PDM-H (Hellinger distance)")
                .contains("<svg")
                .doesNotContain("NaN");
        assertThat(new MeasuresSection(List.of()).markdown()).isEmpty();
    }
}
