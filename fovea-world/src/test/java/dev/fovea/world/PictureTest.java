package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class PictureTest {
    private static final Background GREY = new Background(Background.Kind.PLAIN, 0xB0B0B0, 0xB0B0B0, 0, 0.1, 0);

    @RepeatedTest(200)
    void extentsAgreeWithTheMasks(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int size = random.nextInt(64, 401);
        Picture picture = Renderer.render(Scenes.generate(random.nextLong(), SceneOptions.defaults()), size);
        for (int i = 0; i < picture.extents().size(); i++) {
            boolean[] mask = picture.mask(i);
            int area = 0;
            int left = size;
            int top = size;
            int right = 0;
            int bottom = 0;
            for (int p = 0; p < mask.length; p++) {
                if (mask[p]) {
                    area++;
                    left = Math.min(left, p % size);
                    right = Math.max(right, p % size + 1);
                    top = Math.min(top, p / size);
                    bottom = Math.max(bottom, p / size + 1);
                }
            }
            assertThat(picture.visibleBox(i)).isEqualTo(new Box(left, top, right, bottom));
            assertThat(picture.extents().get(i).visibleArea()).isEqualTo(area);
        }
    }

    @RepeatedTest(200)
    void aBodyIsWhatIsSeenOfTheObjectAlone(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        Scene scene = Scenes.generate(seed, SceneOptions.defaults());
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        for (SceneObject o : scene.objects()) {
            Picture alone = alone(scene, o);
            assertThat(picture.fullBox(o.index())).isEqualTo(alone.visibleBox(0));
            assertThat(picture.extents().get(o.index()).fullArea())
                    .isEqualTo(alone.extents().getFirst().visibleArea());
            for (int p = 0; p < alone.owner().length; p++) {
                int front = picture.owner()[p];
                assertThat(alone.owner()[p] == 0 ? front >= o.index() : front != o.index())
                        .isTrue();
            }
        }
    }

    @RepeatedTest(300)
    void enoughOfEveryObjectIsVisible(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int size = random.nextInt(112, 321);
        Picture picture = Renderer.render(Scenes.generate(random.nextLong(), SceneOptions.defaults()), size);
        for (int i = 0; i < picture.extents().size(); i++) {
            assertThat(picture.visibleFraction(i)).isBetween(0.65, 1.0);
            Box full = picture.fullBox(i);
            assertThat(full.left()).isPositive();
            assertThat(full.top()).isPositive();
            assertThat(full.right()).isLessThan(size);
            assertThat(full.bottom()).isLessThan(size);
        }
    }

    /** Every pixel of ink that shows when the object is drawn alone shows in the scene, in the same tone. */
    @RepeatedTest(300)
    void writingIsNeverCovered(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        Scene scene = Scenes.generate(seed, SceneOptions.defaults());
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        for (SceneObject o : scene.objects()) {
            if (o.text() == null) {
                continue;
            }
            Picture alone = alone(scene, o);
            int inked = 0;
            for (int p = 0; p < alone.owner().length; p++) {
                int tone = tone(alone, p);
                if (alone.owner()[p] == 0 && (tone == 0x101010 || tone == 0xFAFAFA)) {
                    inked++;
                    assertThat(tone(picture, p)).isEqualTo(tone);
                }
            }
            assertThat(inked).isGreaterThan(5);
        }
    }

    private static int tone(Picture picture, int pixel) {
        byte[] rgb = picture.rgb();
        return (rgb[3 * pixel] & 255) << 16 | (rgb[3 * pixel + 1] & 255) << 8 | (rgb[3 * pixel + 2] & 255);
    }

    private static Picture alone(Scene scene, SceneObject o) {
        SceneObject first = new SceneObject(
                0,
                o.shape(),
                o.colour(),
                o.size(),
                o.texture(),
                o.text(),
                o.cx(),
                o.cy(),
                o.radius(),
                o.angle(),
                o.rgb());
        return Renderer.render(
                new Scene(scene.seed(), scene.theme(), scene.background(), List.of(first)), Renderer.DEFAULT_SIZE);
    }

    @Test
    void aDiscHasItsArea() {
        SceneObject disc = new SceneObject(
                0, Shape.CIRCLE, Colour.RED, Size.LARGE, Texture.PLAIN, null, 0.5, 0.5, 0.2, 0, 0xD42626);
        Picture picture = Renderer.render(new Scene(0, Theme.FREE, GREY, List.of(disc)), 500);
        double expected = Math.PI * 95 * 95;
        assertThat((double) picture.extents().getFirst().visibleArea()).isBetween(expected * 0.995, expected * 1.005);
        assertThat(picture.visibleBox(0)).isEqualTo(new Box(155, 155, 345, 345));
        assertThat(tone(picture, 250 * 500 + 250)).isEqualTo(0xD42626);
        assertThat(tone(picture, 0)).isEqualTo(0xB0B0B0);
    }

    @Test
    void silhouettesOfOneSizeDiffer() {
        for (Shape a : Shape.PLAIN) {
            for (Shape b : Shape.PLAIN) {
                if (a != b) {
                    assertThat(overlap(small(a), small(b)))
                            .as("%s and %s", a, b)
                            .isLessThan(0.86);
                }
            }
        }
    }

    private static boolean[] small(Shape shape) {
        SceneObject o = new SceneObject(
                0, shape, Colour.BLUE, Size.SMALL, Texture.PLAIN, null, 0.5, 0.5, 17.0 / 224, 0, 0x2850D2);
        return Renderer.render(new Scene(0, Theme.FREE, GREY, List.of(o)), 224).mask(0);
    }

    private static double overlap(boolean[] a, boolean[] b) {
        int both = 0;
        int either = 0;
        for (int i = 0; i < a.length; i++) {
            both += a[i] && b[i] ? 1 : 0;
            either += a[i] || b[i] ? 1 : 0;
        }
        return (double) both / either;
    }

    @Test
    void sizesOutsideTheRangeAreRefused() {
        Scene scene = Scenes.generate(1, SceneOptions.defaults());
        assertThatThrownBy(() -> Renderer.render(scene, 15)).hasMessageContaining("size from 16 to 8192");
        assertThatThrownBy(() -> Renderer.render(scene, 9000)).hasMessageContaining("9000 pixels");
    }
}
