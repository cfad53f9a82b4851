package dev.fovea.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.objective.ThoughtLosses.Masks;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** The worked numbers of CoVT, arXiv 2511.19418, and what its authors' functions make of the same tensors. */
class ThoughtLossesTest {
    private static final ThoughtLosses BCE = new ThoughtLosses(Masks.BCE, true);

    private static Tensor logits(float... probabilities) {
        float[] out = new float[probabilities.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) Math.log(probabilities[i] / (1 - probabilities[i]));
        }
        return Tensors.of(out, out.length / 4, 4);
    }

    private static Tensor wave(double a, double b, double scale, boolean positive, long... shape) {
        int n = 1;
        for (long s : shape) {
            n *= (int) s;
        }
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            double v = Math.sin(a * i + b) * scale;
            values[i] = (float) (positive ? (v > 0 ? 1 : 0) : v);
        }
        return Tensors.of(values, shape);
    }

    private static final float[] PREDICTED = {.9f, .9f, .1f, .1f, .1f, .1f, .8f, .8f};
    private static final float[] TRUE = {0, 0, 1, 1, 1, 1, 0, 0};

    /** Costs [[.9, .1], [.1579, .8947]]: the first finds the second and the other way round; .1289 + .1348. */
    @Test
    void masksFindTheirObjects() {
        try (Scope ignored = Scope.inference()) {
            Tensor logits = logits(PREDICTED);
            Tensor truth = Tensors.of(TRUE, 2, 4);
            float[] dice = Tensors.floats(ThoughtLosses.dice(logits.unsqueeze(1), truth.unsqueeze(0)));
            assertThat(1 - dice[0]).isCloseTo(.9f, within(1e-4f));
            assertThat(1 - dice[1]).isCloseTo(.1f, within(1e-4f));
            assertThat(1 - dice[2]).isCloseTo(.1579f, within(1e-4f));
            assertThat(1 - dice[3]).isCloseTo(.8947f, within(1e-4f));
            assertThat(ThoughtLosses.matched(logits, truth)).containsExactly(1, 0);
            assertThat(BCE.masks(logits, truth).item_float()).isCloseTo(.2638f, within(1e-4f));
            assertThat(ThoughtLosses.overlaps(logits, truth)).containsExactly(1.0, 1.0);
        }
    }

    /** A third mask, of .5 everywhere, finds nothing: a tenth of ln 2 more. Without objects nothing but that counts. */
    @Test
    void masksWithoutAnObjectShallBeEmpty() {
        try (Scope ignored = Scope.inference()) {
            Tensor three = Tensors.cat(0, logits(PREDICTED), Tensors.of(new float[4], 1, 4));
            Tensor truth = Tensors.of(TRUE, 2, 4);
            assertThat(ThoughtLosses.matched(three, truth)).containsExactly(1, 0, -1);
            assertThat(BCE.masks(three, truth).item_float())
                    .isCloseTo((float) (.26375 + .1 * Math.log(2)), within(1e-4f));
            Tensor none = Tensors.of(new float[0], 0, 4);
            assertThat(BCE.masks(Tensors.of(new float[8], 2, 4), none).item_float())
                    .isCloseTo((float) Math.log(2), within(1e-6f));
            // One object for three masks: the one that is left out is no mask's.
            assertThat(ThoughtLosses.overlaps(logits(PREDICTED).narrow(0, 0, 1), truth))
                    .containsExactly(0.0, 1.0);
        }
    }

    /** {@code get_sam_token_loss}, {@code sigmoid_focal_loss} and {@code get_sam_loss} of 8 masks of 36 cells. */
    @Test
    void lossesOfMasksAreThoseOfTheAuthors() {
        try (Scope ignored = Scope.inference()) {
            Tensor logits = wave(0.7, 0.3, 3, false, 8, 36);
            Tensor five = wave(1.3, 0.2, 1, true, 5, 36);
            assertThat(ThoughtLosses.matched(logits, five)).containsExactly(1, 2, -1, -1, -1, 4, 3, 0);
            assertThat(BCE.masks(logits, five).item_float()).isCloseTo(1.7333134f, within(2e-6f));
            assertThat(BCE.masks(logits, wave(1.1, 0.9, 1, true, 9, 36)).item_float())
                    .isCloseTo(1.5613749f, within(2e-6f));
            int[] taken = {0, 1, 5, 6, 7};
            Tensor own = logits.index_select(0, Tensors.indices(taken));
            Tensor aims = five.index_select(0, Tensors.indices(1, 2, 4, 3, 0));
            assertThat(ThoughtLosses.focal(own, aims).item_float()).isCloseTo(.4170602f, within(2e-6f));
            // Without masks that find nothing; the authors' Dice there is of a thousandth, which shows in the sixth
            // place.
            assertThat(new ThoughtLosses(Masks.HALVES, true).masks(own, aims).item_float())
                    .isCloseTo(1.0828004f, within(2e-5f));
            assertThat(new ThoughtLosses(Masks.FOCAL, false).masks(own, aims).item_float())
                    .isCloseTo(.4973739f + .4170602f, within(2e-6f));
        }
    }

    /** Nearness [1.5, 3.5] for [2, 3]: .5, of which the code takes .005; and the authors' numbers. */
    @Test
    void distances() {
        try (Scope ignored = Scope.inference()) {
            Tensor off = ThoughtLosses.distance(
                    Tensors.of(new float[] {1.5f, 3.5f}, 1, 2), Tensors.of(new float[] {2, 3}, 1, 2));
            assertThat(BCE.ofDepth() * off.item_float()).isCloseTo(.0025, within(1e-7));
            Tensor said = wave(0.5, 0.1, 2, false, 36);
            Tensor truth = wave(0.9, 0.4, 2, false, 36).abs();
            assertThat(BCE.ofDepth() * ThoughtLosses.distance(said, truth).item_float())
                    .isCloseTo(.0078824, within(1e-6));
            assertThat(BCE.ofFeatures() * ThoughtLosses.squares(said, truth).item_float())
                    .isCloseTo(1.9132466, within(2e-6));
            assertThat(ThoughtLosses.distance(said.sigmoid(), truth).item_float())
                    .isCloseTo(.8707624f, within(2e-6f));
            assertThat(new ThoughtLosses(Masks.BCE, false).ofDepth()).isEqualTo(1);
            assertThat(new ThoughtLosses(Masks.BCE, false).ofFeatures()).isEqualTo(1);
        }
    }
}
