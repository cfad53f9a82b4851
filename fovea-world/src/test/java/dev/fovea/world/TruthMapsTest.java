package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TruthMapsTest {

    /** Four by four pixels: object 0 fills the left half of the upper rows, object 1 a square in front of its corner. */
    private static Picture small() {
        byte[] owner = {
            0, 0, -1, -1, //
            0, 1, 1, -1, //
            0, 1, 1, -1, //
            -1, -1, -1, -1
        };
        Box any = new Box(0, 0, 1, 1);
        Picture.Extent extent = new Picture.Extent(any, any, 4, 4);
        return new Picture(4, 4, new byte[48], owner, List.of(extent, extent));
    }

    @Test
    void mapsOfAPictureOfFourByFour() {
        TruthMaps exact = TruthMaps.of(small(), 1);
        assertThat(exact.masks().get(0)).containsExactly(1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
        assertThat(exact.nearness()).containsExactly(.5f, .5f, 0, 0, .5f, 1, 1, 0, .5f, 1, 1, 0, 0, 0, 0, 0);
        // All of the front object is outline; of the one behind only what touches the background, not the front.
        assertThat(exact.edges()).containsExactly(0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0);

        TruthMaps cells = TruthMaps.of(small(), 2);
        assertThat(cells.columns()).isEqualTo(2);
        assertThat(cells.masks().get(0)).containsExactly(.75f, 0, .25f, 0);
        assertThat(cells.masks().get(1)).containsExactly(.25f, .25f, .25f, .25f);
        assertThat(cells.nearness()).containsExactly(.625f, .25f, .375f, .25f);
        assertThat(cells.edges()).containsExactly(1, 1, 1, 1);
    }

    @RepeatedTest(40)
    void mapsAgreeWithTheMasksAndWithEachOther(RepetitionInfo trial) {
        Scene scene = Scenes.generate(1000 + trial.getCurrentRepetition(), SceneOptions.defaults());
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        TruthMaps exact = TruthMaps.of(picture, 1);
        TruthMaps cells = TruthMaps.of(picture, 4);
        int n = scene.objects().size();
        assertThat(cells.masks()).hasSize(n);
        for (int i = 0; i < n; i++) {
            boolean[] mask = picture.mask(i);
            float[] own = exact.masks().get(i);
            assertThat(IntStream.range(0, mask.length).allMatch(p -> own[p] == (mask[p] ? 1 : 0)))
                    .isTrue();
            assertThat(16 * sum(cells.masks().get(i)))
                    .isCloseTo(picture.extents().get(i).visibleArea(), within(1e-2));
        }
        assertThat(16 * sum(cells.nearness())).isCloseTo(sum(exact.nearness()), within(5e-2));
        // The objects in front are nearer, whatever is seen of them.
        for (int p = 0; p < exact.nearness().length; p++) {
            int owner = picture.owner()[p];
            assertThat(exact.nearness()[p]).isEqualTo(owner < 0 ? 0 : (owner + 1f) / n);
            assertThat(exact.edges()[p] == 0 || owner >= 0).isTrue();
        }
        // Every object has an outline, and it is thin.
        for (int i = 0; i < n; i++) {
            int object = i;
            long outline = IntStream.range(0, exact.edges().length)
                    .filter(p -> exact.edges()[p] == 1 && picture.owner()[p] == object)
                    .count();
            assertThat(outline).isBetween(1L, (long) picture.extents().get(i).visibleArea());
        }
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float v : values) {
            sum += v;
        }
        return sum;
    }

    @Test
    void cellsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> TruthMaps.of(small(), 3))
                .hasMessage(
                        "A picture of 4 by 4 pixels cannot be cut into cells of 3; choose a divisor of both sides.");
        assertThatThrownBy(() -> TruthMaps.of(small(), 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
