package dev.fovea.eval.classify;

import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.suite.WorldSuite;
import dev.fovea.world.Colour;
import dev.fovea.world.Kind;
import dev.fovea.world.Picture;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneObject;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import dev.fovea.world.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Pictures of one object of the world each, sorted by its shape or its colour. They come from the seeds that training
 * leaves alone, see {@link WorldSuite}.
 *
 * @param by what they are sorted by
 * @param evaluation number of the evaluation, from 0
 * @param noise standard deviation of Gaussian noise on every sample, of 255 levels: a shift from what was trained on; 0
 *     for none
 */
public record WorldPictures(By by, long evaluation, double noise) {
    private static final SceneOptions ONE_OBJECT = SceneOptions.defaults()
            .withObjects(1, 1)
            .withText(0, SceneOptions.defaults().glyphs());

    /** What pictures are sorted by. */
    public enum By {
        SHAPE,
        COLOUR
    }

    /** A picture and the label it should get. */
    public record Labelled(RgbImage picture, String label) {}

    /** @throws IllegalArgumentException with one sentence if the number of the evaluation or the noise is out of range */
    public WorldPictures {
        evaluation = new WorldSuite(evaluation).evaluation();
        if (!(noise >= 0 && noise <= 255)) {
            throw new IllegalArgumentException("The noise is " + noise + "; give levels from 0 to 255");
        }
    }

    /** The labels, and as texts the world's own captions with every value of the other attribute. */
    public ClassTexts texts() {
        List<String> labels = new ArrayList<>();
        List<List<String>> texts = new ArrayList<>();
        if (by == By.SHAPE) {
            for (Shape shape : Shape.PLAIN) {
                labels.add(shape.word());
                texts.add(Colour.ALL.stream()
                        .map(c -> new Kind(c, shape).withArticle())
                        .toList());
            }
        } else {
            for (Colour colour : Colour.ALL) {
                labels.add(colour.word());
                texts.add(Shape.PLAIN.stream()
                        .map(s -> new Kind(colour, s).withArticle())
                        .toList());
            }
        }
        return new ClassTexts(labels, texts);
    }

    /** Picture {@code i}, always the same one. */
    public Labelled picture(int i) {
        long number = WorldSuite.first(evaluation) + i;
        Scene scene = Scenes.generate(number, ONE_OBJECT);
        SceneObject object = scene.objects().getFirst();
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        return new Labelled(
                new RgbImage(picture.width(), picture.height(), noisy(picture.rgb(), new Random(number))),
                by == By.SHAPE ? object.shape().word() : object.colour().word());
    }

    private byte[] noisy(byte[] samples, Random random) {
        if (noise == 0) {
            return samples;
        }
        byte[] out = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            long level = Math.round((samples[i] & 0xff) + noise * random.nextGaussian());
            out[i] = (byte) Math.clamp(level, 0, 255);
        }
        return out;
    }
}
