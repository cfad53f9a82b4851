package dev.fovea.eval.suite.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.eval.Proportion;
import dev.fovea.eval.suite.Scored;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every metric on cases worked out by hand. */
class MetricsTest {

    @Test
    void theVoteLeavesEachPersonOut() {
        // Two of ten say red: each of the two sees one other (1/3), the other eight see two (2/3).
        assertThat(VqaAnswers.vote("red", people(2, 8))).isCloseTo((2 * 1 + 8 * 2) / 30.0, within(1e-12));
        // Three: the three see two others (2/3), the seven see three (1).
        assertThat(VqaAnswers.vote("red", people(3, 7))).isCloseTo((3 * 2 / 3.0 + 7) / 10, within(1e-12));
        // Four and more: everybody sees at least three others.
        assertThat(VqaAnswers.vote("red", people(4, 6))).isEqualTo(1);
        assertThat(VqaAnswers.vote("red", people(1, 9))).isCloseTo(9 / 30.0, within(1e-12));
        assertThat(VqaAnswers.vote("blue", people(10, 0))).isZero();
        assertThat(VqaAnswers.vote("red", List.of())).isZero();
    }

    private static List<String> people(int red, int other) {
        List<String> out = new ArrayList<>(Collections.nCopies(red, "red"));
        out.addAll(Collections.nCopies(other, "green"));
        return out;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Two dogs | 2 dogs",
                "A red car. | red car",
                "the cat | cat",
                "dont know | don't know",
                "isnt | isn't",
                "1,000 | 1000",
                "yes, it is! | yes it is",
                "black/white | black white",
                "U.S. | us",
                "3.5 miles | 3.5 miles",
                "None | 0",
                "man's hat | man 's hat",
                "couldnt've | couldn't've"
            })
    void answersAreNormalised(String said, String expected) {
        assertThat(VqaAnswers.normalise(said)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "Yes, yes",
        "no., no",
        "y, yes",
        "N, no",
        "x, other",
        "'Yes, there is one', yes",
        "'nope', no",
        "'It is no', other",
        "'I know', other",
        "'A dog', other"
    })
    void mmeReadsYesAndNo(String said, String expected) {
        assertThat(YesNo.mme(said)).isEqualTo(expected);
    }

    @Test
    void popeFigures() {
        List<Scored> scored = new ArrayList<>();
        scored.addAll(Collections.nCopies(6, yesNo("yes", "yes")));
        scored.addAll(Collections.nCopies(2, yesNo("no", "yes")));
        scored.addAll(Collections.nCopies(3, yesNo("yes", "no")));
        scored.addAll(Collections.nCopies(8, yesNo("no", "no")));
        scored.add(yesNo("yes", "maybe"));
        Map<String, Double> pope = YesNo.pope(scored);
        assertThat(pope.keySet().iterator().next()).isEqualTo("f1");
        assertThat(pope.get("accuracy")).isCloseTo(14 / 20.0, within(1e-12));
        assertThat(pope.get("precision")).isCloseTo(6 / 8.0, within(1e-12));
        assertThat(pope.get("recall")).isCloseTo(6 / 9.0, within(1e-12));
        assertThat(pope.get("f1")).isCloseTo(2 * 0.75 * (2 / 3.0) / (0.75 + 2 / 3.0), within(1e-12));
        assertThat(pope.get("yes_ratio")).isCloseTo(8 / 20.0, within(1e-12));
    }

    private static Scored yesNo(String target, String prediction) {
        return new Scored("", "", "", target, prediction, target.equals(prediction) ? 1 : 0);
    }

    @Test
    void mmeAddsAccuracyAndAccuracyPlus() {
        List<Scored> scored = List.of(
                in("count", "a", 1),
                in("count", "a", 1),
                in("count", "b", 1),
                in("count", "b", 0),
                in("code_reasoning", "c", 1),
                in("code_reasoning", "c", 1),
                in("count", "alone", 1));
        // count: picture a 100 + 100, picture b 50 + 0, mean 125; the picture with one question is left out.
        assertThat(Grouped.mme(scored))
                .containsEntry("perception", 125.0)
                .containsEntry("cognition", 200.0)
                .containsEntry("total", 325.0);
    }

    private static Scored in(String skill, String group, double score) {
        return new Scored("", skill, group, "", "", score);
    }

    @Test
    void circularEvaluationWantsEveryRotation() {
        List<Scored> scored = List.of(
                in("", "1", 1),
                in("", "1", 1),
                in("", "1", 1),
                in("", "1", 1),
                in("", "2", 1),
                in("", "2", 0),
                in("", "2", 1),
                in("", "3", 0));
        assertThat(Grouped.circular(scored)).isCloseTo(1 / 3.0, within(1e-12));
    }

    @Test
    void mmstarAveragesCategories() {
        List<Scored> scored = List.of(in("", "x", 1), in("", "x", 1), in("", "x", 1), in("", "x", 1), in("", "y", 0));
        assertThat(Grouped.meanOfMeans(scored)).isEqualTo(0.5);
    }

    @ParameterizedTest
    @CsvSource({
        "B, B",
        "'B.', B",
        "'(C)', C",
        "'The answer is D.', D",
        "'A cat', A",
        "'A cat sits on the mat', ''",
        "'It is the teddy bear', C",
        "'A or B', ''",
        "'nothing', ''"
    })
    void mmbenchFindsTheLetter(String said, String expected) {
        Map<String, String> options = Map.of("A", "rabbit", "B", "dog", "C", "Teddy bear", "D", "house");
        assertThat(Choices.mmbench(said, options).orElse("")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"B, b, b", "(b) because, b, b", "Option C, c, c", "The answer is A, a, a", "the cat, a, t", "'', a, ''"
    })
    void mmstarFindsTheLetter(String said, String target, String expected) {
        assertThat(Choices.mmstar(said, target)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"B, B", "B. cold, B", "b. cold, b. cold", "It is B, It is B"})
    void scienceQaReadsLikeLlava(String said, String expected) {
        assertThat(Choices.scienceQa(said)).isEqualTo(expected);
    }

    @Test
    void boxesOverlap() {
        double[] truth = Boxes.ofCoco(new double[] {10, 20, 30, 40}, 100, 200);
        assertThat(truth).containsExactly(new double[] {0.1, 0.1, 0.4, 0.3}, within(1e-12));
        assertThat(Boxes.find("The box is [0.1, 0.1, 0.4, 0.3].")).containsExactly(0.1, 0.1, 0.4, 0.3);
        assertThat(Boxes.find("at 0.1, 0.1")).containsExactly(0, 0, 0, 0);
        assertThat(Boxes.overlap(truth, truth)).isCloseTo(1, within(1e-12));
        // Shifted right by a third of its width: common 2/3, union 4/3.
        assertThat(Boxes.overlap(truth, new double[] {0.2, 0.1, 0.5, 0.3})).isCloseTo(0.5, within(1e-12));
        assertThat(Boxes.overlap(truth, new double[4])).isZero();
    }

    @ParameterizedTest
    @CsvSource({"'Yes.', yes", "' T-shirt ', tshirt", "Dining table, dining table"})
    void gqaIgnoresCaseAndPunctuation(String said, String expected) {
        assertThat(ExactMatch.normalise(said)).isEqualTo(expected);
    }

    @Test
    void wilsonsIntervals() {
        // 8 of 10: 0.490 to 0.943 (Wilson 1927 without continuity correction).
        Proportion eight = new Proportion(8, 10);
        assertThat(eight.low()).isCloseTo(0.4902, within(1e-4));
        assertThat(eight.high()).isCloseTo(0.9433, within(1e-4));
        assertThat(new Proportion(0, 10).low()).isZero();
        assertThat(new Proportion(0, 10).high()).isCloseTo(0.2775, within(1e-4));
        assertThat(new Proportion(10, 10).high()).isEqualTo(1);
    }
}
