package dev.fovea.eval.suite;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.world.Kind;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Captions and presence of the world as suites. */
class WorldHallucinationTest {
    private static List<Item> items(Suite suite, int limit) {
        List<Item> items = new ArrayList<>();
        suite.forEach(limit, items::add);
        return items;
    }

    private static Scored scored(Item item, String answer) {
        Grader.Grade grade = item.grader().grade(answer, item.picture().open());
        return new Scored(
                item.id(), item.skill(), item.group(), item.target(), grade.prediction(), grade.score(), grade.facts());
    }

    private static double value(Map<String, Double> metrics, String name) {
        return requireNonNull(metrics.get(name));
    }

    @Test
    void theTrueCaptionIsPerfectAndSilenceInventsNothing() {
        WorldChair suite = new WorldChair(0);
        List<Item> items = items(suite, 30);
        assertThat(items).hasSize(30);
        Map<String, Double> told =
                suite.metrics(items.stream().map(i -> scored(i, i.target())).toList());
        assertThat(told)
                .containsEntry("f1", 1.0)
                .containsEntry("chair_i", 0.0)
                .containsEntry("chair_s", 0.0)
                .containsEntry("recall", 1.0)
                .containsEntry("surplus", 0.0);
        assertThat(value(told, "place.invented")).isNaN();
        Map<String, Double> silent =
                suite.metrics(items.stream().map(i -> scored(i, "")).toList());
        assertThat(silent)
                .containsEntry("chair_s", 0.0)
                .containsEntry("recall", 0.0)
                .containsEntry("f1", 0.0);
        assertThat(value(silent, "chair_i")).isNaN();
        assertThat(items.getFirst().skill()).endsWith("objects");
    }

    /** What is invented is counted once an object and once a caption, and where it stands. */
    @Test
    void inventionsAreCountedByObjectCaptionAndPlace() {
        WorldChair suite = new WorldChair(0);
        List<Item> items = items(suite, 4);
        List<Scored> scored = new ArrayList<>();
        double objects = 0;
        for (int i = 0; i < 4; i++) {
            Scene scene = Scenes.generate(Long.parseLong(items.get(i).id()), SceneOptions.defaults());
            objects += scene.objects().size();
            String lie = i < 2 ? " and, as everybody can see at once, a grey hexagon and a grey hexagon" : "";
            scored.add(scored(items.get(i), items.get(i).target() + lie));
        }
        Map<String, Double> metrics = suite.metrics(scored);
        assertThat(value(metrics, "chair_s")).isEqualTo(0.5);
        assertThat(value(metrics, "chair_i")).isCloseTo(4 / (objects + 4), within(1e-12));
        assertThat(value(metrics, "recall")).isEqualTo(1);
        assertThat(value(metrics, "late.chair_i")).isPositive();
        assertThat(value(metrics, "early.chair_i")).isZero();
        assertThat(value(metrics, "late.minus_early")).isEqualTo(value(metrics, "late.chair_i"));
        assertThat(value(metrics, "place.difference")).isPositive();
        assertThat(scored.getFirst().score()).isZero();
        assertThat(scored.getFirst().prediction()).endsWith("other invented, other invented");
        assertThat(scored.getLast().score()).isEqualTo(1);
    }

    @Test
    void polledObjectsAreThereOrNotAsTheTargetSays() {
        WorldPope suite = new WorldPope(0);
        List<Item> items = items(suite, 60);
        assertThat(items).hasSize(60);
        Map<String, Set<String>> prompts = new LinkedHashMap<>();
        SceneOptions crowded = SceneOptions.defaults().withObjects(3, 6);
        Map<String, Integer> bySkill = new LinkedHashMap<>();
        int yes = 0;
        for (Item item : items) {
            List<Kind> there =
                    Kind.of(Scenes.generate(Long.parseLong(item.picture().key()), crowded));
            assertThat(there).hasSizeGreaterThanOrEqualTo(3);
            boolean asked = there.stream()
                    .anyMatch(k -> item.prompt().equals("Is there " + k.withArticle() + " in the picture?"));
            assertThat(item.target()).as(item.prompt()).isEqualTo(asked ? "yes" : "no");
            assertThat(prompts.computeIfAbsent(item.picture().key(), k -> new HashSet<>())
                            .add(item.prompt()))
                    .as("asked once")
                    .isTrue();
            bySkill.merge(item.skill(), 1, Integer::sum);
            yes += asked ? 1 : 0;
        }
        assertThat(yes).isEqualTo(30);
        assertThat(bySkill).isEqualTo(Map.of("random", 20, "popular", 20, "adversarial", 20));
        assertThat(items(suite, 60))
                .extracting(Item::prompt)
                .isEqualTo(items.stream().map(Item::prompt).toList());
    }

    /** Adversarial objects share more with what is there than random ones do. */
    @Test
    void adversarialObjectsKeepCompanyWithWhatIsThere() {
        Map<String, Integer> alike = new LinkedHashMap<>();
        SceneOptions crowded = SceneOptions.defaults().withObjects(3, 6);
        for (Item item : items(new WorldPope(1), 240)) {
            if (item.target().equals("no")) {
                List<Kind> there =
                        Kind.of(Scenes.generate(Long.parseLong(item.picture().key()), crowded));
                boolean shares = there.stream()
                        .anyMatch(k -> item.prompt().contains(k.shape().word() + " ")
                                && there.stream()
                                        .anyMatch(o -> item.prompt()
                                                .contains(o.colour().word() + " ")));
                alike.merge(item.skill(), shares ? 1 : 0, Integer::sum);
            }
        }
        assertThat(alike.getOrDefault("adversarial", 0)).isGreaterThan(alike.getOrDefault("random", 0) + 5);
    }

    @Test
    void figuresOfPopeByHand() {
        WorldPope suite = new WorldPope(0);
        List<Scored> scored = new ArrayList<>();
        for (Item item : items(suite, 60)) {
            scored.add(scored(item, item.skill().equals("random") ? item.target() : "Yes, there is."));
        }
        Map<String, Double> metrics = suite.metrics(scored);
        assertThat(metrics)
                .containsEntry("random.accuracy", 1.0)
                .containsEntry("random.yes_ratio", 0.5)
                .containsEntry("popular.accuracy", 0.5)
                .containsEntry("adversarial.recall", 1.0)
                .containsEntry("adversarial.yes_ratio", 1.0);
        assertThat(value(metrics, "accuracy")).isCloseTo(40 / 60.0, within(1e-12));
        assertThat(value(metrics, "precision")).isCloseTo(30 / 50.0, within(1e-12));
        assertThat(metrics.keySet().iterator().next()).isEqualTo("f1");
    }

    @Test
    void picturesAreThoseOfNoOtherSuiteAndLimitsAreTold() {
        Set<String> keys = new HashSet<>();
        for (Suite suite : List.of(new WorldSuite(0), new WorldChair(0), new WorldPope(0), new WorldChair(1))) {
            Set<String> own = new HashSet<>();
            items(suite, 24).forEach(i -> own.add(i.picture().key()));
            assertThat(keys).doesNotContainAnyElementsOf(own);
            keys.addAll(own);
            assertThat(suite.source()).startsWith("world, ");
        }
        assertThat(keys).allSatisfy(k -> assertThat(Long.parseLong(k)).isGreaterThanOrEqualTo(10_000_000_000L));
        assertThatThrownBy(() -> items(new WorldChair(0), 0)).hasMessageContaining("The limit is 0");
        assertThatThrownBy(() -> items(new WorldPope(0), 1_000_000)).hasMessageContaining("from 1 to 250000");
        assertThatThrownBy(() -> Suites.open("world-chair=-1")).hasMessageContaining("not the number of an evaluation");
        assertThatThrownBy(() -> Suites.open("pope")).hasMessageContaining("On the world it is 'world-pope'");
        assertThat(Suites.open("world-pope=3")).isEqualTo(new WorldPope(3));
        assertThat(Suites.names()).contains("world-chair", "world-pope");
    }
}
