package dev.fovea.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.world.PatchLabels;
import dev.fovea.world.Picture;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PatchSamplerTest {
    private static final int VALUES = 3 * 14 * 14;

    @Test
    void theWeightsOfEveryVisibleObjectAddUpToOne() {
        for (long seed = 0; seed < 25; seed++) {
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            PatchLabels labels = PatchLabels.of(scene, picture, 14);
            int[] all = IntStream.range(0, 256).toArray();
            boolean[] counted = new boolean[scene.objects().size()];
            Arrays.fill(counted, true);
            PatchTruth truth = PatchTruth.of(labels, picture, 14, all, counted);
            double[] sums = new double[counted.length];
            for (int p = 0; p < 256; p++) {
                int object = PatchTruth.objectOf(labels, p);
                if (object >= 0) {
                    sums[object] += truth.weight()[p];
                    assertThat(truth.shape()[p]).isBetween(0, PatchLabels.SHAPES - 2);
                    assertThat(truth.colour()[p]).isBetween(0, PatchLabels.COLOURS - 2);
                } else {
                    assertThat(truth.weight()[p]).isZero();
                }
            }
            for (int o = 0; o < sums.length; o++) {
                boolean owns = Arrays.stream(labels.owner()).boxed().toList().contains(o);
                // An object too small to own a patch has no attributes to read.
                assertThat(sums[o]).as("object %d of scene %d", o, seed).isCloseTo(owns ? 1 : 0, within(1e-5));
            }
        }
    }

    @Test
    void offsetsPointToTheVisibleCentre() {
        Scene scene = Scenes.generate(4, SceneOptions.defaults());
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        PatchLabels labels = PatchLabels.of(scene, picture, 14);
        boolean[] counted = new boolean[scene.objects().size()];
        Arrays.fill(counted, true);
        PatchTruth truth =
                PatchTruth.of(labels, picture, 14, IntStream.range(0, 256).toArray(), counted);
        for (int p = 0; p < 256; p++) {
            assertThat(truth.column()[p]).isEqualTo(p % 16);
            assertThat(truth.row()[p]).isEqualTo(p / 16);
            if (truth.weight()[p] > 0) {
                var box = picture.visibleBox(PatchTruth.objectOf(labels, p));
                double x = (p % 16 + 0.5 + truth.offset()[2 * p]) * 14;
                double y = (p / 16 + 0.5 + truth.offset()[2 * p + 1]) * 14;
                assertThat(x).isCloseTo((box.left() + box.right()) / 2.0, within(1.01));
                assertThat(y).isCloseTo((box.top() + box.bottom()) / 2.0, within(1.01));
                // The same centre, in the picture: thirds of 224 pixels from its middle.
                assertThat((truth.place()[2 * p] + 1.5) * 224 / 3).isCloseTo(x, within(1e-3));
                assertThat((truth.place()[2 * p + 1] + 1.5) * 224 / 3).isCloseTo(y, within(1e-3));
                assertThat(truth.thirdOfWidth()[p]).isEqualTo((int) (x * 3 / 224));
                assertThat(truth.thirdOfHeight()[p]).isEqualTo((int) (y * 3 / 224));
            }
        }
    }

    @Test
    void masksAreShareOfCoveredPixels() {
        PatchBatch b = new PatchSampler(SceneOptions.defaults(), 2, 0, 256, 10).batch(0);
        Picture picture = Renderer.render(Scenes.generate(10, SceneOptions.defaults()), Renderer.DEFAULT_SIZE);
        double covered = 0;
        for (byte owner : picture.owner()) {
            covered += owner >= 0 ? 1 : 0;
        }
        double sum = 0;
        for (float cell : b.truths().getFirst().mask()) {
            assertThat(cell).isBetween(0f, 1.0001f);
            sum += cell;
        }
        assertThat(sum * 4).isCloseTo(covered, within(1.0));
    }

    @Test
    void windowsAreSquaresOfThePictureInRasterOrder() {
        PatchBatch b = new PatchSampler(SceneOptions.defaults(), 12, 7, 0, 100).batch(0);
        assertThat(b.tokens()).isEqualTo(49);
        assertThat(b.truths()).hasSize(12);
        assertThat(b.pixels()).hasSize(12 * 49 * VALUES);
        for (int s = 0; s < 12; s++) {
            int first = b.positions()[s * 49];
            assertThat(first / 16).isLessThanOrEqualTo(9);
            assertThat(first % 16).isLessThanOrEqualTo(9);
            for (int i = 0; i < 49; i++) {
                assertThat(b.positions()[s * 49 + i]).isEqualTo(first + i / 7 * 16 + i % 7);
            }
        }
    }

    @Test
    void aShareOfThePatchesIsChosenWithoutRepetitionAndKeepsItsPixels() {
        PatchBatch b = new PatchSampler(SceneOptions.defaults(), 3, 0, 64, 500).batch(2);
        Picture picture = Renderer.render(Scenes.generate(500 + 2 * 3, SceneOptions.defaults()), Renderer.DEFAULT_SIZE);
        float[] all = Patches.all(picture, 14);
        int[] chosen = Arrays.copyOf(b.positions(), 64);
        assertThat(chosen).isSorted().doesNotHaveDuplicates();
        for (int i = 0; i < 64; i++) {
            assertThat(Arrays.copyOfRange(b.pixels(), i * VALUES, (i + 1) * VALUES))
                    .isEqualTo(Arrays.copyOfRange(all, chosen[i] * VALUES, (chosen[i] + 1) * VALUES));
        }
        assertThat(b.captions()).allSatisfy(c -> assertThat(c).isNotBlank());
    }

    @Test
    void aNumberGivesTheSameBatchAgain() {
        for (int window : new int[] {0, 7}) {
            PatchBatch a = new PatchSampler(SceneOptions.defaults(), 4, window, 256, 9).batch(5);
            PatchBatch b = new PatchSampler(SceneOptions.defaults(), 4, window, 256, 9).batch(5);
            assertThat(b.pixels()).isEqualTo(a.pixels());
            assertThat(b.positions()).isEqualTo(a.positions());
            assertThat(b.captions()).isEqualTo(a.captions());
            for (int s = 0; s < 4; s++) {
                assertThat(b.truths().get(s).weight())
                        .isEqualTo(a.truths().get(s).weight());
                assertThat(b.truths().get(s).text()).isEqualTo(a.truths().get(s).text());
            }
        }
    }

    @Test
    void pixelsAreNormalisedChannelByChannel() {
        Picture picture = Renderer.render(Scenes.generate(1, SceneOptions.defaults()), Renderer.DEFAULT_SIZE);
        float[] patch = new float[VALUES];
        Patches.copy(picture, 14, 3, 5, patch, 0);
        for (int channel = 0; channel < 3; channel++) {
            int rgb = picture.rgb()[((3 * 14 + 2) * 224 + 5 * 14 + 4) * 3 + channel] & 0xFF;
            assertThat(patch[channel * 196 + 2 * 14 + 4]).isCloseTo((rgb / 255f - 0.5f) / 0.25f, within(1e-6f));
        }
    }
}
