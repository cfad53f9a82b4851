package dev.fovea.eval.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WorldSuiteTest {

    private static List<Item> items(long evaluation, int limit) {
        List<Item> items = new ArrayList<>();
        new WorldSuite(evaluation).forEach(limit, items::add);
        return items;
    }

    @Test
    void skillsAreBalanced() {
        List<Item> items = items(0, 120);
        assertThat(items).hasSize(120);
        Map<String, Long> bySkill = items.stream().collect(Collectors.groupingBy(Item::skill, Collectors.counting()));
        assertThat(bySkill).hasSize(10);
        assertThat(bySkill.values()).allSatisfy(n -> assertThat(n).isBetween(10L, 14L));
    }

    @Test
    void theSameQuestionsEveryTimeAndOthersInAnotherEvaluation() {
        List<Item> first = items(0, 20);
        assertThat(items(0, 20))
                .extracting(Item::prompt)
                .isEqualTo(first.stream().map(Item::prompt).toList());
        assertThat(items(1, 20))
                .extracting(i -> i.picture().key())
                .doesNotContainAnyElementsOf(
                        first.stream().map(i -> i.picture().key()).toList());
        assertThat(first)
                .allSatisfy(i -> assertThat(Long.parseLong(i.picture().key())).isGreaterThanOrEqualTo(10_000_000_000L));
    }

    @Test
    void theRightAnswerIsRight() {
        for (Item item : items(2, 40)) {
            assertThat(item.grader().grade(item.target(), item.picture().open()).score())
                    .as(item.prompt() + " " + item.target())
                    .isEqualTo(1);
        }
    }
}
