package dev.fovea.eval.suite;

import dev.fovea.core.image.Region;
import dev.fovea.world.Grading;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Questions;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import dev.fovea.world.Skill;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Walks pictures of the world that no model was trained on, and asks each a few questions: of the skills that came up
 * least so far.
 */
final class BalancedWorld {
    /** Few per picture, so that two thousand questions still see hundreds of scenes. */
    private static final int QUESTIONS_PER_PICTURE = 4;

    private static final int MAX_TOKENS = 16;
    private static final long LAST_EVALUATION = (Long.MAX_VALUE - WorldSuite.FIRST_SEED) / WorldSuite.SEEDS - 1;

    private BalancedWorld() {}

    /** What a scene is like, given its seed and what it would be like otherwise. */
    @FunctionalInterface
    interface Scenery {
        SceneOptions of(long seed, SceneOptions usual);
    }

    /**
     * Checks the number of an evaluation.
     *
     * @throws IllegalArgumentException if there are no seeds for it
     */
    static void check(long evaluation) {
        if (evaluation < 0 || evaluation > LAST_EVALUATION) {
            throw new IllegalArgumentException(
                    "The seed is " + evaluation + "; give a number from 0 to " + LAST_EVALUATION + ".");
        }
    }

    /**
     * Checks how many questions are asked for.
     *
     * @throws IllegalArgumentException if there are no seeds for so many
     */
    static void checkLimit(int limit, int most) {
        if (limit < 1 || limit > most) {
            throw new IllegalArgumentException("The limit is " + limit + "; give a number from 1 to " + most + ".");
        }
    }

    /** Goes through the questions of an evaluation, always the same ones in the same order. */
    static void forEach(long evaluation, int limit, Scenery scenery, Suite.Visitor visitor) {
        checkLimit(limit, WorldSuite.SEEDS);
        Map<Skill, Integer> asked = new EnumMap<>(Skill.class);
        int left = limit;
        for (long i = 0; left > 0 && i < WorldSuite.SEEDS; i++) {
            long seed = WorldSuite.first(evaluation) + i;
            Scene scene = Scenes.generate(seed, scenery.of(seed, options(asked)));
            for (Item item : items(scene, seed, Math.min(left, QUESTIONS_PER_PICTURE), asked)) {
                left--;
                if (!visitor.visit(item)) {
                    return;
                }
            }
        }
    }

    /** Few scenes have an odd one out: while it lags behind all other skills, scenes are arranged for it. */
    private static SceneOptions options(Map<Skill, Integer> asked) {
        SceneOptions usual = SceneOptions.defaults();
        int odd = asked.getOrDefault(Skill.ODD_ONE_OUT, 0);
        boolean lagging = Skill.ALL.stream()
                .filter(skill -> skill != Skill.ODD_ONE_OUT)
                .allMatch(skill -> asked.getOrDefault(skill, 0) > odd);
        return lagging
                ? new SceneOptions(
                        usual.minObjects(),
                        usual.maxObjects(),
                        usual.signs(),
                        usual.glyphs(),
                        usual.textured(),
                        usual.apart(),
                        0,
                        1)
                : usual;
    }

    /** Questions about one picture: of the skills that came up least so far, where the scene allows them. */
    private static List<Item> items(Scene scene, long seed, int count, Map<Skill, Integer> asked) {
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        PictureSource source = PictureSource.of(seed, picture);
        List<Skill> order = new ArrayList<>(Skill.ALL);
        order.sort(Comparator.comparingInt((Skill s) -> asked.getOrDefault(s, 0)));
        List<Item> items = new ArrayList<>();
        Set<String> texts = new HashSet<>();
        for (Skill skill : order) {
            if (items.size() == count) {
                break;
            }
            Optional<Question> question = Questions.one(scene, picture, skill, seed);
            if (question.isPresent() && texts.add(question.get().text())) {
                asked.merge(skill, 1, Integer::sum);
                items.add(item(seed, items.size(), source, question.get(), picture));
            }
        }
        return items;
    }

    private static Item item(long seed, int index, PictureSource source, Question question, Picture picture) {
        return new Item(
                seed + "-" + index,
                source,
                question.text(),
                MAX_TOKENS,
                question.skill().id(),
                "",
                question.answer(),
                Grader.of(answer -> new Grader.Grade(answer.strip(), Grading.correct(question, answer) ? 1 : 0)),
                question.about().stream()
                        .map(picture::visibleBox)
                        .map(b -> new Region(b.left(), b.top(), b.right(), b.bottom()))
                        .toList());
    }
}
