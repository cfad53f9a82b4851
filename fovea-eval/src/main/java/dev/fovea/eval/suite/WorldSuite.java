package dev.fovea.eval.suite;

import dev.fovea.core.image.RgbImage;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Questions about pictures of the world that no model was trained on, as many of each skill. Training draws its scenes
 * from seeds far below {@link #FIRST_SEED}; evaluation number {@code e} takes its own million above it.
 *
 * @param evaluation number of the evaluation, from 0
 */
public record WorldSuite(long evaluation) implements Suite {
    /** The first seed that training leaves alone. */
    public static final long FIRST_SEED = 10_000_000_000L;

    /** Seeds of one evaluation, and thereby the most questions it can have. */
    public static final int SEEDS = 1_000_000;

    /** Few per picture, so that two thousand questions still see hundreds of scenes. */
    private static final int QUESTIONS_PER_PICTURE = 4;

    private static final int MAX_TOKENS = 16;
    private static final long LAST_EVALUATION = (Long.MAX_VALUE - FIRST_SEED) / SEEDS - 1;

    public WorldSuite {
        if (evaluation < 0 || evaluation > LAST_EVALUATION) {
            throw new IllegalArgumentException(
                    "The seed is " + evaluation + "; give a number from 0 to " + LAST_EVALUATION + ".");
        }
    }

    @Override
    public String name() {
        return "world";
    }

    @Override
    public String source() {
        return "world, seeds from " + (FIRST_SEED + evaluation * SEEDS) + ", balanced by skill";
    }

    @Override
    public void forEach(int limit, Visitor visitor) {
        if (limit < 1 || limit > SEEDS) {
            throw new IllegalArgumentException("The limit is " + limit + "; give a number from 1 to " + SEEDS + ".");
        }
        Map<Skill, Integer> asked = new EnumMap<>(Skill.class);
        int left = limit;
        for (long i = 0; left > 0 && i < SEEDS; i++) {
            for (Item item : items(FIRST_SEED + evaluation * SEEDS + i, Math.min(left, QUESTIONS_PER_PICTURE), asked)) {
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
    private static List<Item> items(long seed, int count, Map<Skill, Integer> asked) {
        Scene scene = Scenes.generate(seed, options(asked));
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        PictureSource source = new PictureSource(
                Long.toString(seed), () -> new RgbImage(picture.width(), picture.height(), picture.rgb()));
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
                items.add(item(seed, items.size(), source, question.get()));
            }
        }
        return items;
    }

    private static Item item(long seed, int index, PictureSource picture, Question question) {
        return new Item(
                seed + "-" + index,
                picture,
                question.text(),
                MAX_TOKENS,
                question.skill().id(),
                "",
                question.answer(),
                Grader.of(answer -> new Grader.Grade(answer.strip(), Grading.correct(question, answer) ? 1 : 0)));
    }

    @Override
    public Map<String, Double> metrics(List<Scored> scored) {
        Map<String, Double> out = new LinkedHashMap<>();
        out.put("accuracy", Suite.mean(scored));
        return out;
    }
}
