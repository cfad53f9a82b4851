package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.world.SceneObject.TextKind;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class SceneTest {
    private static final int MANY = 2000;

    private static List<Scene> scenes(int count) {
        return LongStream.range(0, count)
                .mapToObj(seed -> Scenes.generate(seed, SceneOptions.defaults()))
                .toList();
    }

    @RepeatedTest(300)
    void numbersOfObjectsKeepToTheOptions(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        long seed = random.nextLong();
        int a = random.nextInt(1, 7);
        int b = random.nextInt(1, 7);
        SceneOptions options = SceneOptions.defaults().withObjects(Math.min(a, b), Math.max(a, b));
        Scene scene = Scenes.generate(seed, options);
        assertThat(scene.objects()).hasSizeBetween(options.minObjects(), options.maxObjects());
        assertThat(scene.objects().stream().filter(o -> o.shape() == Shape.SIGN))
                .hasSizeLessThanOrEqualTo(1);
        assertThat(Scenes.generate(seed, options)).isEqualTo(scene);
        for (int i = 0; i < scene.objects().size(); i++) {
            assertThat(scene.objects().get(i).index()).isEqualTo(i);
        }
    }

    @RepeatedTest(300)
    void objectsKeepToTheirBands(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        for (SceneObject o : Scenes.generate(seed, SceneOptions.defaults()).objects()) {
            double nominal = o.size().radius(o.shape());
            assertThat(o.radius()).isBetween(nominal * 0.94, nominal * 1.06);
            assertThat(Math.abs(Math.toDegrees(o.angle()))).isLessThanOrEqualTo(12);
            if (o.shape() == Shape.SIGN) {
                assertThat(Words.SIGNS).contains(o.text());
                assertThat(o.colour()).isEqualTo(Colour.WHITE);
            } else if (o.text() != null) {
                assertThat(o.shape().carriesGlyph()).isTrue();
                assertThat(o.textKind()).isIn(TextKind.LETTER, TextKind.DIGIT);
            }
            assertThat(nearest(o.rgb())).isEqualTo(o.colour());
        }
    }

    private static Colour nearest(int rgb) {
        Colour best = Colour.RED;
        for (Colour colour : Colour.ALL) {
            best = distance(rgb, colour.rgb()) < distance(rgb, best.rgb()) ? colour : best;
        }
        return best;
    }

    private static int distance(int a, int b) {
        int red = (a >> 16 & 255) - (b >> 16 & 255);
        int green = (a >> 8 & 255) - (b >> 8 & 255);
        int blue = (a & 255) - (b & 255);
        return red * red + green * green + blue * blue;
    }

    @Test
    void sharesAreAsPromised() {
        List<Scene> scenes = scenes(MANY);
        List<SceneObject> plain = scenes.stream()
                .flatMap(scene -> scene.objects().stream())
                .filter(o -> o.shape() != Shape.SIGN)
                .toList();
        assertThat(share(
                        scenes.stream()
                                .filter(s -> s.objects().stream().anyMatch(o -> o.shape() == Shape.SIGN))
                                .count(),
                        MANY))
                .isBetween(0.17, 0.25);
        assertThat(share(
                        scenes.stream().filter(s -> s.theme() == Theme.REPEATED).count(), MANY))
                .isBetween(0.21, 0.29);
        assertThat(share(
                        scenes.stream()
                                .filter(s -> s.theme() == Theme.ODD_ONE_OUT)
                                .count(),
                        MANY))
                .isBetween(0.16, 0.24);
        assertThat(share(plain.stream().filter(o -> o.text() != null).count(), plain.size()))
                .isBetween(0.31, 0.39);
        for (Shape shape : Shape.PLAIN) {
            assertThat(share(plain.stream().filter(o -> o.shape() == shape).count(), plain.size()))
                    .isBetween(0.07, 0.13);
        }
        for (Colour colour : Colour.ALL) {
            assertThat(share(plain.stream().filter(o -> o.colour() == colour).count(), plain.size()))
                    .isBetween(0.07, 0.13);
        }
    }

    @Test
    void aboutTwoFifthsOfScenesHaveNoOverlap() {
        long apart = scenes(500).stream()
                .map(scene -> Renderer.render(scene, Renderer.DEFAULT_SIZE))
                .filter(p -> p.extents().stream().allMatch(e -> e.fullArea() == e.visibleArea()))
                .count();
        assertThat(share(apart, 500)).isBetween(0.33, 0.48);
    }

    private static double share(long part, int whole) {
        return (double) part / whole;
    }

    @Test
    void oddScenesHaveExactlyOneOddObject() {
        scenes(MANY).stream().filter(s -> s.theme() == Theme.ODD_ONE_OUT).forEach(scene -> {
            SceneObject byShape = OddOneOut.single(scene.objects(), SceneObject::shape);
            SceneObject byColour = OddOneOut.single(scene.objects(), SceneObject::colour);
            assertThat(byShape == null).as("seed %d", scene.seed()).isNotEqualTo(byColour == null);
        });
    }

    @Test
    void optionsOutsideTheirRangesAreRefused() {
        assertThatThrownBy(() -> SceneOptions.defaults().withObjects(0, 3)).hasMessageContaining("1 to 6 objects");
        assertThatThrownBy(() -> SceneOptions.defaults().withObjects(4, 3)).hasMessageContaining("4 to 3");
        assertThatThrownBy(() -> SceneOptions.defaults().withObjects(1, 7)).hasMessageContaining("1 to 7");
        assertThatThrownBy(() -> SceneOptions.defaults().withText(1.5, 0))
                .hasMessageContaining("share of signs is 1.5");
        assertThatThrownBy(() -> SceneOptions.defaults().withText(0, Double.NaN))
                .hasMessageContaining("glyphs");
    }

    @Test
    void textCanBeSwitchedOffAndSignsForced() {
        SceneOptions none = SceneOptions.defaults().withText(0, 0);
        assertThat(LongStream.range(0, 200).mapToObj(seed -> Scenes.generate(seed, none)))
                .allMatch(scene -> scene.objects().stream().allMatch(o -> o.text() == null));
        SceneOptions only = SceneOptions.defaults().withText(1, 0).withObjects(1, 1);
        assertThat(Scenes.generate(7, only).objects()).singleElement().matches(o -> o.shape() == Shape.SIGN);
    }
}
