package dev.fovea.cli.eval;

import dev.fovea.core.image.RgbImage;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Questions;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.util.ArrayList;
import java.util.List;

/**
 * The questions of the world that no model was trained on. Training draws its scenes from seeds below {@link
 * #FIRST_SEED}; evaluation number {@code s} takes its own million above it, so that evaluations never share a picture.
 *
 * @param evaluation number of the evaluation, from 0
 * @param limit how many questions
 * @param blind whether a grey picture stands in for the real one, to see what can be guessed from the words alone
 */
public record HeldOut(long evaluation, int limit, boolean blind) {
    /** The first seed that training leaves alone. */
    public static final long FIRST_SEED = 10_000_000_000L;

    /** Seeds of one evaluation, and thereby the most pictures it can have. */
    public static final int SEEDS = 1_000_000;

    /** Few per picture, so that two thousand questions still see hundreds of scenes. */
    private static final int QUESTIONS_PER_PICTURE = 4;

    private static final long LAST_EVALUATION = (Long.MAX_VALUE - FIRST_SEED) / SEEDS - 1;
    private static final int GREY = 128;

    public HeldOut {
        if (evaluation < 0 || evaluation > LAST_EVALUATION) {
            throw new IllegalArgumentException("The seed is " + evaluation + "; give a number from 0 to " + LAST_EVALUATION);
        }
        if (limit < 1 || limit > SEEDS) {
            throw new IllegalArgumentException("The limit is " + limit + "; give a number from 1 to " + SEEDS);
        }
    }

    /**
     * A picture and what is asked about it.
     *
     * @param seed of its scene
     * @param image what the model sees
     * @param questions at least one
     */
    public record Item(long seed, RgbImage image, List<Question> questions) {
        public Item {
            questions = List.copyOf(questions);
        }
    }

    /** Goes through the questions of this evaluation, always the same ones in the same order. */
    public interface Visitor {
        /** Looks at one picture; false ends the walk. */
        boolean visit(Item item);
    }

    /** Shows the pictures to the visitor until there were enough questions. */
    public void forEach(Visitor visitor) {
        int asked = 0;
        for (long i = 0; asked < limit; i++) {
            long seed = FIRST_SEED + evaluation * SEEDS + i;
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            List<Question> questions = new ArrayList<>(
                    Questions.sample(scene, picture, seed, Math.min(QUESTIONS_PER_PICTURE, limit - asked)));
            asked += questions.size();
            RgbImage image = blind
                    ? RgbImage.filled(picture.width(), picture.height(), GREY, GREY, GREY)
                    : new RgbImage(picture.width(), picture.height(), picture.rgb());
            if (!visitor.visit(new Item(seed, image, questions))) {
                return;
            }
        }
    }
}
