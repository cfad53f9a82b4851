package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class PatchLabelsTest {
    private static final int PATCH = 14;

    @RepeatedTest(200)
    void labelsFollowFromTheMasks(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        Scene scene = Scenes.generate(seed, SceneOptions.defaults());
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        PatchLabels labels = PatchLabels.of(scene, picture, PATCH);
        assertThat(labels.columns()).isEqualTo(16);
        assertThat(labels.rows()).isEqualTo(16);
        List<boolean[]> masks =
                scene.objects().stream().map(o -> picture.mask(o.index())).toList();
        for (int patch = 0; patch < 256; patch++) {
            int owner = labels.owner()[patch];
            int most = 0;
            for (int i = 0; i < masks.size(); i++) {
                int count = pixels(masks.get(i), patch % 16, patch / 16);
                most = Math.max(most, count);
                if (i == owner) {
                    assertThat(count).isGreaterThanOrEqualTo(49);
                }
            }
            if (owner < 0) {
                assertThat(most).isLessThan(49);
                assertThat(labels.shape()[patch]).isZero();
                assertThat(labels.text()[patch]).isZero();
            } else {
                assertThat(pixels(masks.get(owner), patch % 16, patch / 16)).isEqualTo(most);
                describes(labels, patch, scene.objects().get(owner), picture);
            }
        }
    }

    private static void describes(PatchLabels labels, int patch, SceneObject o, Picture picture) {
        assertThat(Shape.ALL.get(labels.shape()[patch] - 1)).isEqualTo(o.shape());
        assertThat(Colour.ALL.get(labels.colour()[patch] - 1)).isEqualTo(o.colour());
        assertThat(Size.ALL.get(labels.size()[patch] - 1)).isEqualTo(o.size());
        assertThat(Texture.ALL.get(labels.texture()[patch] - 1)).isEqualTo(o.texture());
        int text = labels.text()[patch];
        assertThat(text == 0 ? null : Words.ALL.get(text - 1)).isEqualTo(o.text());
        double x = (patch % 16 + 0.5 + labels.dx()[patch]) * PATCH;
        double y = (Math.floorDiv(patch, 16) + 0.5 + labels.dy()[patch]) * PATCH;
        assertThat(x).isCloseTo(picture.centreX(o.index()) * 224, within(1e-3));
        assertThat(y).isCloseTo(picture.centreY(o.index()) * 224, within(1e-3));
    }

    private static int pixels(boolean[] mask, int column, int row) {
        int count = 0;
        for (int y = row * PATCH; y < (row + 1) * PATCH; y++) {
            for (int x = column * PATCH; x < (column + 1) * PATCH; x++) {
                count += mask[y * 224 + x] ? 1 : 0;
            }
        }
        return count;
    }

    @RepeatedTest(500)
    void everyObjectHasItsCentreInExactlyOnePatch(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        Scene scene = Scenes.generate(seed, SceneOptions.defaults());
        PatchLabels labels = PatchLabels.of(scene, Renderer.render(scene, Renderer.DEFAULT_SIZE), PATCH);
        int[] named =
                Arrays.stream(labels.centre()).filter(i -> i >= 0).sorted().toArray();
        assertThat(named)
                .containsExactly(IntStream.range(0, scene.objects().size()).toArray());
    }

    @Test
    void classListsAreClosed() {
        assertThat(Words.ALL).hasSize(56).doesNotHaveDuplicates();
        assertThat(Words.textClass(null)).isZero();
        assertThat(Words.textClass("A")).isEqualTo(1);
        assertThat(Words.textClass("BAR")).isEqualTo(56);
        assertThat(PatchLabels.TEXTS).isEqualTo(57);
        assertThat(PatchLabels.SHAPES).isEqualTo(12);
    }

    @Test
    void patchesThatDoNotFitAreRefused() {
        Scene scene = Scenes.generate(1, SceneOptions.defaults());
        Picture picture = Renderer.render(scene, 100);
        assertThatThrownBy(() -> PatchLabels.of(scene, picture, PATCH)).hasMessageContaining("patches of 14");
    }
}
