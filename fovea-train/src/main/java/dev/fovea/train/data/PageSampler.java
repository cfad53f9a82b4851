package dev.fovea.train.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.image.RgbImage;
import dev.fovea.world.Canvas;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import dev.fovea.world.Skill;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Makes batches of pictures on canvases of many sizes, so that what is written on them may be small beside them. Batch
 * {@code i} depends on {@code i} alone.
 */
public final class PageSampler {
    /**
     * How batches are made.
     *
     * @param samples pictures
     * @param text room for packed text
     * @param extra skills of the questions that each picture gets beside the balanced ones, where it allows them
     */
    public record Settings(int samples, int text, List<Skill> extra) {
        public Settings {
            extra = List.copyOf(extra);
        }

        /** The same without extra questions. */
        public Settings balanced() {
            return new Settings(samples, text, List.of());
        }
    }

    private final Settings settings;
    private final QuestionDraw draw;
    private final Function<RgbImage, PreparedPicture> prepare;
    private final long firstSeed;

    /** @param prepare makes of a picture what the encoder takes; called from several threads */
    public PageSampler(
            Settings settings,
            HuggingFaceTokenizer tokenizer,
            Function<RgbImage, PreparedPicture> prepare,
            long firstSeed) {
        this.settings = settings;
        this.draw = new QuestionDraw(tokenizer, settings.extra());
        this.prepare = prepare;
        this.firstSeed = firstSeed;
    }

    /** The batch with this number. */
    public PageBatch batch(long number) {
        QuestionPack pack = new QuestionPack(settings.samples(), 0, settings.text(), 0);
        List<PreparedPicture> pictures = new ArrayList<>();
        for (int s = 0; s < settings.samples(); s++) {
            long seed = firstSeed + number * settings.samples() + s;
            SplittableRandom random = new SplittableRandom(seed);
            Scene scene = Scenes.generate(seed, SceneOptions.defaults().withCanvas(Canvas.drawn(random)));
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            pictures.add(prepare.apply(new RgbImage(picture.width(), picture.height(), picture.rgb())));
            pack.place(s, new int[0], false);
            for (Question q : draw.about(scene, picture, seed, random)) {
                if (!pack.ask(s, draw.encode(q.text()), draw.encode(q.answer()), q, false)) {
                    break;
                }
            }
        }
        return new PageBatch(pack.build(number), pictures);
    }
}
