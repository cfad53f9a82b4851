package dev.fovea.world;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class QuestionsTest {
    private static final int SCENES = 2500;
    private static final int EACH = 6;

    /** Questions sampled as for training and evaluation, six for each of many scenes. */
    private static final Map<Long, List<Question>> SAMPLED = new LinkedHashMap<>();

    @BeforeAll
    static void sample() {
        for (long seed = 0; seed < SCENES; seed++) {
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            SAMPLED.put(seed, Questions.sample(scene, picture, seed, EACH));
        }
    }

    private static List<Question> all() {
        return SAMPLED.values().stream().flatMap(List::stream).toList();
    }

    @Test
    void answersFollowFromTheWordsAndTheTruthAlone() {
        Set<String> kinds = new HashSet<>();
        for (long seed = 0; seed < 300; seed++) {
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            Solver solver = new Solver(scene, picture);
            for (Question question : Questions.of(scene, picture, seed)) {
                kinds.add(question.skill() + " " + question.kind());
                assertThat(solver.answer(question.text()))
                        .as("seed %d: %s", seed, question)
                        .isEqualTo(question.answer());
            }
        }
        assertThat(kinds).hasSizeGreaterThanOrEqualTo(30);
    }

    /** What a question speaks of is there, and of what it speaks the answer is true. */
    @Test
    void questionsSayWhichObjectsTheySpeakOf() {
        Set<Skill> named = EnumSet.noneOf(Skill.class);
        SAMPLED.forEach((seed, questions) -> {
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            for (Question question : questions) {
                List<SceneObject> about =
                        question.about().stream().map(scene.objects()::get).toList();
                assertThat(question.about()).isSorted().doesNotHaveDuplicates();
                if (!about.isEmpty()) {
                    named.add(question.skill());
                }
                switch (question.skill()) {
                    case COLOUR ->
                        assertThat(about)
                                .singleElement()
                                .satisfies(o -> assertThat(o.colour().word()).isEqualTo(question.answer()));
                    case SHAPE ->
                        assertThat(about)
                                .singleElement()
                                .satisfies(o -> assertThat(o.shape().word()).isEqualTo(question.answer()));
                    case READING ->
                        assertThat(about)
                                .singleElement()
                                .satisfies(o -> assertThat(o.text()).isEqualTo(question.answer()));
                    case COUNT -> assertThat(about).hasSize(Integer.parseInt(question.answer()));
                    case PRESENCE ->
                        assertThat(about.isEmpty()).isEqualTo(question.answer().equals("no"));
                    case RELATION -> assertThat(about).hasSizeBetween(1, 2);
                    case LOCATION, ODD_ONE_OUT -> assertThat(about).hasSize(1);
                    case UNANSWERABLE -> assertThat(about).isEmpty();
                    case COMPARISON -> {}
                }
            }
        });
        assertThat(named).hasSize(Skill.ALL.size() - 1);
    }

    @RepeatedTest(150)
    void questionsFollowFromTheirSeed(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        Scene scene = Scenes.generate(random.nextLong(), SceneOptions.defaults());
        long seed = random.nextLong();
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        List<Question> sampled = Questions.sample(scene, picture, seed, EACH);
        assertThat(Questions.sample(scene, picture, seed, EACH)).isEqualTo(sampled);
        assertThat(sampled).hasSize(EACH);
        assertThat(sampled.stream().map(Question::text)).doesNotHaveDuplicates();
        for (Question question : sampled) {
            assertThat(Grading.correct(question, question.answer()))
                    .as("%s", question)
                    .isTrue();
            for (String other : question.accepted()) {
                assertThat(Grading.correct(question, other)).isTrue();
            }
        }
    }

    /** What the scene allows is found with a dozen draws of each skill; a sample's single draw may miss a rare one. */
    @Test
    void aSampleSpreadsOverTheSkillsThatTheSceneAllows() {
        for (long seed = 0; seed < 200; seed++) {
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            Set<Skill> possible = EnumSet.noneOf(Skill.class);
            Questions.of(scene, picture, seed).forEach(question -> possible.add(question.skill()));
            Set<Skill> once = EnumSet.noneOf(Skill.class);
            requireNonNull(SAMPLED.get(seed)).forEach(question -> once.add(question.skill()));
            assertThat(once).hasSizeGreaterThanOrEqualTo(Math.min(EACH, possible.size()) - 1);
        }
    }

    @Test
    void skillsAreBalanced() {
        Map<Skill, Integer> counts = new HashMap<>();
        all().forEach(question -> counts.merge(question.skill(), 1, Integer::sum));
        double mean = (double) all().size() / Skill.ALL.size();
        counts.forEach((skill, count) -> assertThat((double) count)
                .as("%s", skill)
                .isBetween(mean * (skill == Skill.ODD_ONE_OUT ? 0.25 : 0.7), mean * 1.3));
        assertThat(counts).hasSize(Skill.ALL.size());
    }

    @Test
    void yesAndNoAreEquallyFrequent() {
        Map<String, int[]> counts = new HashMap<>();
        for (Question question : all()) {
            if (question.answer().equals("yes") || question.answer().equals("no")) {
                String template = question.skill() == Skill.PRESENCE ? "presence" : question.skill() + question.kind();
                counts.computeIfAbsent(template, key -> new int[2])[
                        question.answer().equals("yes") ? 1 : 0]++;
            }
        }
        assertThat(counts).hasSize(6);
        counts.forEach((template, count) -> {
            double n = count[0] + count[1];
            assertThat(Math.abs(count[1] / n - 0.5)).as(template).isLessThan(2.6 / Math.sqrt(n) / 2 + 0.02);
        });
    }

    @Test
    void negativesAreDrawnInAllThreeWays() {
        Map<String, Integer> kinds = new HashMap<>();
        all().stream()
                .filter(question ->
                        question.skill() == Skill.PRESENCE && question.answer().equals("no"))
                .forEach(question -> kinds.merge(question.kind(), 1, Integer::sum));
        assertThat(kinds).containsOnlyKeys("random", "popular", "adversarial");
        assertThat(kinds.values()).allMatch(count -> count > 100);
    }

    @Test
    void countsReachFromZeroToSixAndNoneDominates() {
        Map<String, Integer> answers = new HashMap<>();
        all().stream()
                .filter(question -> question.skill() == Skill.COUNT)
                .forEach(question -> answers.merge(question.answer(), 1, Integer::sum));
        int total = answers.values().stream().mapToInt(i -> i).sum();
        assertThat(answers).containsOnlyKeys("0", "1", "2", "3", "4", "5", "6");
        assertThat(answers.values()).allMatch(count -> count < 0.32 * total && count > 0.02 * total);
    }

    /**
     * The best that one can do without the picture: for each question the answer that was most frequent for it among
     * other scenes, or, if it never came up, for its template.
     */
    @Test
    void questionsDoNotGiveTheirAnswersAway() {
        Map<String, Map<String, Integer>> byText = new HashMap<>();
        Map<String, Map<String, Integer>> byTemplate = new HashMap<>();
        int right = 0;
        int asked = 0;
        for (Map.Entry<Long, List<Question>> entry : SAMPLED.entrySet()) {
            for (Question question : entry.getValue()) {
                if (entry.getKey() < SCENES * 4 / 5) {
                    count(byText, question.text(), question.answer());
                    count(byTemplate, template(question.text()), question.answer());
                } else {
                    String guess = mostFrequent(byTemplate.getOrDefault(template(question.text()), Map.of()));
                    Map<String, Integer> same = byText.getOrDefault(question.text(), Map.of());
                    if (same.values().stream().mapToInt(i -> i).sum() >= 5) {
                        guess = mostFrequent(same);
                    }
                    asked++;
                    right += Grading.correct(question, guess) ? 1 : 0;
                }
            }
        }
        assertThat((double) right / asked).isBetween(0.15, 0.45);
    }

    private static void count(Map<String, Map<String, Integer>> table, String key, String answer) {
        table.computeIfAbsent(key, k -> new HashMap<>()).merge(answer, 1, Integer::sum);
    }

    private static String template(String text) {
        return text.replaceAll("\\b(red|orange|yellow|green|blue|purple|pink|brown|black|white)\\b", "COLOUR")
                .replaceAll("\\b(circle|square|triangle|star|heart|cross|ring|diamond|moon|arrow)(s|es)?\\b", "SHAPE");
    }

    private static String mostFrequent(Map<String, Integer> answers) {
        return answers.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse("");
    }

    @Test
    void theVocabularyIsSmall() {
        Set<String> words = new HashSet<>();
        for (Question question : all()) {
            words.addAll(List.of((question.text() + " " + question.answer()).split("[^A-Za-z0-9]+", -1)));
        }
        assertThat(words).hasSizeLessThan(350).contains("colour", "color");
    }

    @Test
    void theQuestionOfTheGuideIsAmongThePhrasings() {
        assertThat(Phrases.COUNT.stream().map(p -> p.replace("#", "red circles")))
                .contains("How many red circles are there?");
    }
}
