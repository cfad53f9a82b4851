package dev.fovea.eval.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.image.RgbImage;
import dev.fovea.world.Renderer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WorldPagesSuiteTest {

    private static List<Item> items(int limit) {
        List<Item> items = new ArrayList<>();
        new WorldPagesSuite(0).forEach(limit, items::add);
        return items;
    }

    @Test
    void mostPicturesAreLargerThanTheUsualOneAndNoneThanThreeOfIts() {
        Map<String, RgbImage> pictures = new LinkedHashMap<>();
        for (Item item : items(160)) {
            pictures.computeIfAbsent(item.picture().key(), k -> item.picture().open());
        }
        int side = Renderer.DEFAULT_SIZE;
        assertThat(pictures.values()).allSatisfy(p -> {
            assertThat(p.width()).isBetween(side, 3 * side);
            assertThat(p.height()).isBetween(side, 3 * side);
        });
        long usual = pictures.values().stream()
                .filter(p -> p.width() == side && p.height() == side)
                .count();
        assertThat((double) usual / pictures.size()).isBetween(0.1, 0.4);
    }

    @Test
    void skillsAreBalancedAndTheRightAnswerIsRight() {
        List<Item> items = items(120);
        Map<String, Long> bySkill = items.stream().collect(Collectors.groupingBy(Item::skill, Collectors.counting()));
        assertThat(bySkill).hasSize(10);
        assertThat(bySkill.values()).allSatisfy(n -> assertThat(n).isBetween(8L, 16L));
        for (Item item : items.subList(0, 40)) {
            assertThat(item.grader().grade(item.target(), item.picture().open()).score())
                    .as(item.prompt() + " " + item.target())
                    .isEqualTo(1);
        }
    }

    @Test
    void theSameQuestionsEveryTime() {
        assertThat(items(20))
                .extracting(Item::prompt)
                .isEqualTo(items(20).stream().map(Item::prompt).toList());
        assertThat(Suites.open("world-pages=3")).isEqualTo(new WorldPagesSuite(3));
    }
}
