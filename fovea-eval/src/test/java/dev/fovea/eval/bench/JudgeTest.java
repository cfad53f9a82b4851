package dev.fovea.eval.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.eval.bench.Claim.Match;
import dev.fovea.eval.bench.Claim.OfPlace;
import dev.fovea.eval.bench.Claim.OfScore;
import dev.fovea.eval.bench.Claim.Place;
import dev.fovea.eval.bench.Claim.Range;
import dev.fovea.eval.bench.Claim.Relation;
import dev.fovea.eval.report.Html;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private static final int QUESTIONS = 200;

    /** One contestant's answers; every fourth question asks for a place. */
    private static List<ResultRow> rows(
            String technique, String budget, long flops, double tokens, List<Integer> bands, IntPredicate right) {
        List<ResultRow> rows = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            rows.add(new ResultRow(
                    "world",
                    "q" + i,
                    "p" + i,
                    technique,
                    budget,
                    i % 4 == 0 ? "location" : "colour",
                    "",
                    "yes",
                    "",
                    "",
                    right.test(i) ? 1 : 0,
                    Map.of(),
                    0,
                    List.of(),
                    256,
                    0,
                    tokens,
                    bands,
                    10,
                    1,
                    1,
                    1,
                    1,
                    1,
                    flops,
                    1,
                    null));
        }
        return rows;
    }

    private static List<ResultRow> rows(String technique, String budget, IntPredicate right) {
        return rows(technique, budget, 100, 64, List.of(16, 16, 16, 16), right);
    }

    @SafeVarargs
    private static Finding judge(Claim claim, List<ResultRow>... contestants) {
        List<ResultRow> all = new ArrayList<>();
        for (List<ResultRow> one : contestants) {
            all.addAll(one);
        }
        return new Judge(all).judge(claim);
    }

    private static OfScore score(Relation relation, Match match, boolean locationOnly) {
        return new OfScore(
                "A beats B.", "A paper.", List.of("a"), relation, 1, List.of("b"), match, Range.upTo(25), locationOnly);
    }

    @Test
    void aClaimHoldsDoesNotHoldOrCannotBeTold() {
        OfScore above = score(Relation.ABOVE, Match.BUDGET, false);
        Finding held =
                judge(above, rows("a", "25%", i -> i % 2 == 0), rows("b", "25%", 100, 128, List.of(), i -> i % 4 == 0));
        assertThat(held.findings()).singleElement().satisfies(f -> {
            assertThat(f.verdict()).isEqualTo(Verdict.HELD);
            assertThat(f.paired().difference()).isEqualTo(0.25);
            assertThat(f.ours()).isEqualTo("a at 25%");
            assertThat(f.theirs()).isEqualTo("b at 25%: 2.00 times the tokens per layer");
        });
        assertThat(judge(above, rows("a", "64", i -> i % 4 == 0), rows("b", "64", i -> i % 2 == 0))
                        .findings())
                .singleElement()
                .satisfies(f -> assertThat(f.verdict()).isEqualTo(Verdict.NOT_HELD));
        assertThat(judge(above, rows("a", "25%", i -> i % 9 == 0), rows("b", "25%", i -> i % 9 == 1))
                        .findings())
                .singleElement()
                .satisfies(f -> assertThat(f.verdict()).isEqualTo(Verdict.OPEN));
    }

    @Test
    void whatIsMissingIsSaid() {
        OfScore above = score(Relation.ABOVE, Match.BUDGET, false);
        Finding absent = judge(above, rows("a", "25%", i -> true));
        assertThat(absent.findings()).isEmpty();
        assertThat(absent.count(Verdict.NOT_MEASURED)).isEqualTo(1);
        assertThat(absent.unmeasured()).containsExactly("b is not among those that answered.");
        assertThat(judge(above, rows("a", "25%", i -> true), rows("b", "50%", i -> true))
                        .unmeasured())
                .containsExactly("b did not answer at 25%.");
        assertThat(judge(above, rows("a", "50%", i -> true), rows("b", "50%", i -> true))
                        .unmeasured())
                .containsExactly("a ran at no budget of at most 25 %.");
        // Another setting of the knobs is another technique.
        assertThat(judge(above, rows("a", "25%", i -> true), rows("b:x=1", "25%", i -> true))
                        .findings())
                .isEmpty();
    }

    @Test
    void equalOperationsMixTheBudgetsAround() {
        OfScore above = score(Relation.ABOVE, Match.FLOPS, false);
        Finding finding = judge(
                above,
                rows("a", "25%", 130, 64, List.of(), i -> true),
                rows("b", "25%", 100, 64, List.of(), i -> false),
                rows("b", "50%", 200, 128, List.of(), i -> true));
        assertThat(finding.findings()).singleElement().satisfies(f -> {
            assertThat(f.paired().difference()).isCloseTo(0.7, within(1e-9));
            assertThat(f.theirs()).isEqualTo("b at 25% (70 %) and 50% (30 %): 1.00 times the FLOPs");
        });
        assertThat(judge(
                                above,
                                rows("a", "25%", 90, 64, List.of(), i -> true),
                                rows("b", "25%", 100, 64, List.of(), i -> false))
                        .unmeasured())
                .containsExactly("No budgets of b embrace the FLOPs of a at 25%.");
        assertThat(judge(
                                above,
                                rows("a", "25%", 96, 64, List.of(), i -> true),
                                rows("b", "25%", 100, 64, List.of(), i -> false))
                        .findings())
                .singleElement()
                .satisfies(f -> assertThat(f.theirs()).isEqualTo("b at 25%: 1.04 times the FLOPs"));
    }

    @Test
    void aTechniqueThatDoesNotReadItsBudgetIsJudgedOnce() {
        OfScore above = score(Relation.ABOVE, Match.TOKENS, false);
        assertThat(judge(above, rows("a", "25%", i -> true), rows("a", "10%", i -> true), rows("b", "25%", i -> false))
                        .findings())
                .hasSize(1);
    }

    @Test
    void onlyQuestionsForAPlaceCountWhereAClaimSaysSo() {
        Finding finding = judge(
                score(Relation.LEVEL, Match.BUDGET, true),
                rows("a", "25%", i -> i % 4 == 0),
                rows("b", "25%", i -> i % 4 != 0));
        assertThat(finding.findings()).singleElement().satisfies(f -> {
            assertThat(f.paired().n()).isEqualTo(QUESTIONS / 4);
            assertThat(f.paired().difference()).isEqualTo(1);
        });
    }

    @Test
    void aShareOfTheFullModelIsHeldAgainstTheFullModel() {
        OfScore kept = new OfScore(
                "A keeps half.", "", List.of("a"), Relation.ABOVE, 0.5, List.of(), Match.FULL, Range.about(25), false);
        Finding finding = judge(kept, rows("full", "full", i -> i < 100), rows("a", "25%", i -> i < 100));
        assertThat(finding.findings()).singleElement().satisfies(f -> {
            assertThat(f.paired().difference()).isEqualTo(0.25);
            assertThat(f.theirs()).isEqualTo("50.0 % of full model");
            assertThat(f.verdict()).isEqualTo(Verdict.HELD);
        });
    }

    @Test
    void everyoneIsEveryoneThatChooses() {
        OfScore every = new OfScore(
                "All beat chance.",
                "",
                List.of(Claim.EVERY),
                Relation.ABOVE,
                1,
                List.of("random"),
                Match.BUDGET,
                Range.about(25),
                false);
        Finding finding = judge(
                every,
                rows("full", "full", i -> true),
                rows("random", "25%", i -> false),
                rows("a", "25%", i -> true),
                rows("b:x=1", "64", i -> true),
                rows("steer", "full", i -> true));
        assertThat(finding.findings().stream().map(Finding.One::ours)).containsExactly("a at 25%");
        assertThat(finding.unmeasured()).containsExactly("random did not answer at 64.");
    }

    @Test
    void placesAreSharesOfTheLowerHalf() {
        List<ResultRow> low = rows("a", "25%", 1, 1, List.of(0, 8, 24, 32), i -> true);
        List<ResultRow> even = rows("b", "25%", 1, 1, List.of(16, 16, 17, 15), i -> true);
        Finding crowded = judge(new OfPlace("", "", List.of("a"), Place.LOW, List.of(), Range.any()), low, even);
        assertThat(crowded.findings()).singleElement().satisfies(f -> {
            assertThat(f.paired().difference()).isEqualTo(0.375);
            assertThat(f.verdict()).isEqualTo(Verdict.HELD);
        });
        assertThat(judge(new OfPlace("", "", List.of("b"), Place.NOT_LOW, List.of(), Range.any()), low, even)
                        .findings())
                .singleElement()
                .satisfies(f -> assertThat(f.verdict()).isEqualTo(Verdict.HELD));
        assertThat(judge(new OfPlace("", "", List.of("b"), Place.LESS_LOW, List.of("a"), Range.any()), low, even)
                        .findings())
                .singleElement()
                .satisfies(f -> assertThat(f.paired().difference()).isEqualTo(-0.375));
    }

    @Test
    void everyPublishedClaimReadsWithAndWithoutResults() {
        List<ResultRow> rows = new ArrayList<>(rows("full", "full", i -> true));
        for (String technique : List.of("feather", "fastv", "random", "todre", "vflowopt:@knobs.json")) {
            rows.addAll(rows(technique, "33.3%", i -> i % 3 != 0));
            rows.addAll(rows(technique, "11.1%", i -> i % 3 == 0));
        }
        List<Finding> findings = new Judge(rows).judge(PublishedClaims.all());
        ClaimsSection section = new ClaimsSection(findings);
        Html page = Html.page("Test");
        section.html(page);
        assertThat(page.end())
                .contains("FEATHER answers questions for a place better", "✗ did not hold", "✓", "Not measured", "<svg")
                .doesNotContain("NaN");
        assertThat(section.markdown())
                .contains(
                        "| todre at 11.1% | 95.0 % of full model |",
                        "Not measured: turbo is not among those that answered. tome is not among")
                .contains("| vflowopt:@knobs.json at 11.1% | 90.0 % of full model |");
        assertThat(findings)
                .hasSameSizeAs(PublishedClaims.all())
                .allSatisfy(
                        f -> assertThat(f.findings().isEmpty() && f.unmeasured().isEmpty())
                                .isFalse());
    }
}
