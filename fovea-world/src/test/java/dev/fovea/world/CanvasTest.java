package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Larger canvases: the same world with more room, and letters that are small beside it. */
class CanvasTest {
    private static Scene scene(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Canvas canvas = new Canvas(random.nextDouble(1, 3), random.nextDouble(1, 3));
        return Scenes.generate(seed, SceneOptions.defaults().withCanvas(canvas));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 224, 224, 224", "3, 2, 224, 672, 448", "3, 3, 336, 1008, 1008", "1.5, 1, 56, 84, 56"})
    void picturesAreAsLargeAsTheirCanvas(double width, double height, int size, int columns, int rows) {
        Scene scene = Scenes.generate(5, SceneOptions.defaults().withCanvas(new Canvas(width, height)));
        Picture picture = Renderer.render(scene, size);
        assertThat(picture.width()).isEqualTo(columns);
        assertThat(picture.height()).isEqualTo(rows);
        assertThat(picture.rgb()).hasSize(3 * columns * rows);
        assertThat(picture.owner()).hasSize(columns * rows);
        assertThat(Renderer.render(scene, size).rgb()).isEqualTo(picture.rgb());
    }

    /** Whatever is asked about a large picture follows from its words and the truth alone, as about a usual one. */
    @Test
    void truthIsAsExactAsOnTheUsualCanvas() {
        Set<Skill> skills = new HashSet<>();
        int read = 0;
        for (long seed = 0; seed < 200; seed++) {
            Scene scene = scene(seed);
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            Solver solver = new Solver(scene, picture);
            for (Question question : Questions.of(scene, picture, seed)) {
                skills.add(question.skill());
                read += question.skill() == Skill.READING ? 1 : 0;
                assertThat(solver.answer(question.text()))
                        .as("seed %d: %s", seed, question)
                        .isEqualTo(question.answer());
            }
        }
        assertThat(skills).hasSameSizeAs(Skill.ALL);
        assertThat(read).isGreaterThan(200);
    }

    /** Objects lie inside, can be seen, and are spread over all of the canvas. */
    @Test
    void objectsUseTheRoomThereIs() {
        int[] cells = new int[9];
        for (long seed = 0; seed < 300; seed++) {
            Scene scene = scene(seed);
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            for (SceneObject o : scene.objects()) {
                Box box = picture.fullBox(o.index());
                assertThat(box.left()).isPositive();
                assertThat(box.top()).isPositive();
                assertThat(box.right()).isLessThan(picture.width());
                assertThat(box.bottom()).isLessThan(picture.height());
                assertThat(picture.visibleFraction(o.index())).isGreaterThanOrEqualTo(0.65);
                cells[3 * Places.row(picture, o.index()) + Places.column(picture, o.index())]++;
            }
        }
        for (int count : cells) {
            assertThat(count).isGreaterThan(40);
        }
    }

    /** A scene moved by whole pixels onto a larger canvas covers the same pixels there: letters are as small as ever. */
    @Test
    void objectsAndLettersKeepTheirSize() {
        Scene usual = Scenes.generate(11, SceneOptions.defaults());
        Canvas canvas = new Canvas(3, 2);
        double right = 300.0 / 224;
        double down = 150.0 / 224;
        List<SceneObject> moved = usual.objects().stream()
                .map(o -> new SceneObject(
                        o.index(),
                        o.shape(),
                        o.colour(),
                        o.size(),
                        o.texture(),
                        o.text(),
                        o.cx() + right,
                        o.cy() + down,
                        o.radius(),
                        o.angle(),
                        o.rgb()))
                .toList();
        Picture small = Renderer.render(usual, 224);
        Picture large = Renderer.render(new Scene(11, usual.theme(), usual.background(), moved, canvas), 224);
        int differ = 0;
        for (int y = 0; y < 224; y++) {
            for (int x = 0; x < 224; x++) {
                differ += small.owner()[y * 224 + x] == large.owner()[(y + 150) * 672 + x + 300] ? 0 : 1;
            }
        }
        // The centre of a pixel on an outline may fall to either side.
        assertThat(differ).isLessThan(10);
        SceneObject letter = usual.objects().stream()
                .filter(o -> o.text() != null)
                .findFirst()
                .orElse(usual.objects().getFirst());
        assertThat(large.fullBox(letter.index()).width()).isLessThan(672 / 6);
    }

    /** Backgrounds go on over all of it. */
    @Test
    void backgroundsCoverEveryPixel() {
        for (long seed = 0; seed < 60; seed++) {
            Picture picture = Renderer.render(scene(seed), 64);
            int black = 0;
            for (int i = 0; i < picture.owner().length; i++) {
                boolean dark =
                        picture.rgb()[3 * i] == 0 && picture.rgb()[3 * i + 1] == 0 && picture.rgb()[3 * i + 2] == 0;
                black += dark && picture.owner()[i] < 0 ? 1 : 0;
            }
            assertThat(black).isZero();
        }
    }

    @Test
    void whatCannotBeIsOneSentence() {
        assertThatThrownBy(() -> new Canvas(0.5, 1))
                .hasMessage(
                        "A canvas of 0.5 by 1.0 was asked for; choose both sides from 1 to 4, 1 being the usual one.");
        assertThatThrownBy(() -> new Canvas(1, Double.NaN)).hasMessageContaining("choose both sides");
        Scene scene = Scenes.generate(5, SceneOptions.defaults().withCanvas(new Canvas(4, 1)));
        assertThatThrownBy(() -> Renderer.render(scene, 4096))
                .hasMessage("A picture of 16384 pixels was asked for; choose a size from 16 to 8192.");
    }
}
