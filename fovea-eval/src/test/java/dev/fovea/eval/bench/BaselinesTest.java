package dev.fovea.eval.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class BaselinesTest {
    private static final int QUESTIONS = 200;

    private static List<ResultRow> rows(String technique, String budget, double tokens, IntPredicate right) {
        List<ResultRow> rows = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            rows.add(new ResultRow(
                    "task",
                    "q" + i,
                    "p" + i,
                    technique,
                    budget,
                    "",
                    "",
                    "",
                    "",
                    "",
                    right.test(i) ? 1 : 0,
                    Map.of(),
                    0,
                    List.of(),
                    256,
                    (int) tokens,
                    tokens,
                    List.of(1, 1, 1, 1),
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

    private static Baselines of(List<List<ResultRow>> all) {
        return new Baselines(all.stream().flatMap(List::stream).toList());
    }

    @Test
    void everyContestantIsHeldAgainstBothAtItsCost() {
        Baselines baselines = of(List.of(
                rows("full", "full", 256, i -> true),
                rows("ours", "25%", 64, i -> i < 150),
                rows("random", "25%", 64, i -> i < 100),
                rows("downsample", "25%", 64, i -> i < 160)));
        assertThat(baselines.header()).containsExactly("vs downsample", "vs random");
        assertThat(baselines.cells(new Contestant("ours", "25%")))
                .satisfiesExactly(
                        smaller -> assertThat(smaller).startsWith("-5.0 (-"),
                        random -> assertThat(random).startsWith("+25.0 (+"));
        assertThat(baselines.cells(new Contestant("downsample", "25%")))
                .satisfiesExactly(
                        itself -> assertThat(itself).isEmpty(),
                        random -> assertThat(random).startsWith("+30.0 (+"));
        assertThat(baselines.cells(Contestant.VANILLA)).containsExactly("", "");
        assertThat(baselines.note()).startsWith("Against downsample and random:");
    }

    /** 64 tokens cost as much as half the questions at 48 and half at 80. */
    @Test
    void theTwoBudgetsAroundACostAreMixed() {
        Baselines baselines = of(List.of(
                rows("ours", "25%", 64, i -> i < 100),
                rows("downsample", "20%", 48, i -> i < 40),
                rows("downsample", "30%", 80, i -> i < 120)));
        assertThat(baselines.cells(new Contestant("ours", "25%")))
                .singleElement()
                .satisfies(cell -> assertThat(cell).startsWith("+10.0 ("));
    }

    @Test
    void withoutBaselinesThereAreNoColumns() {
        Baselines baselines = of(List.of(rows("ours", "25%", 64, i -> true)));
        assertThat(baselines.header()).isEmpty();
        assertThat(baselines.cells(new Contestant("ours", "25%"))).isEmpty();
        assertThat(baselines.note()).isEmpty();
    }
}
