package dev.fovea.techniques.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import dev.fovea.techniques.primitives.HashOrder;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Worked examples: states at these angles, one pivot among the visual tokens and one among the words. */
class DartTest {
    private static DartPivots.Tokens tokens(int from, float[] norms, double... degrees) {
        float[][] states = new float[degrees.length][];
        for (int i = 0; i < states.length; i++) {
            double a = Math.toRadians(degrees[i]);
            states[i] = new float[] {(float) Math.cos(a), (float) Math.sin(a)};
        }
        return new DartPivots.Tokens(
                Matrix.of(states),
                norms,
                IntStream.range(from, from + norms.length).toArray());
    }

    private static final DartPivots.Tokens IMAGE = tokens(2, new float[] {3, 2, 9, 4, 5, 1}, 0, 20, 60, 90, 130, 200);
    private static final DartPivots.Tokens WORDS = tokens(8, new float[] {7, 8, 2}, 80, 170, 300);

    /** Where the order of the pivots changes what is kept. */
    private static final DartPivots.Tokens IMAGE_B =
            tokens(2, new float[] {13, 19, 4, 9, 17, 14, 6}, 60, 330, 150, 170, 160, 180, 40);

    private static final DartPivots.Tokens WORDS_B = tokens(9, new float[] {18, 5, 12}, 280, 190, 290);

    private static int[] kept(DartPivots pivots, DartPivots.Tokens image, DartPivots.Tokens words, int count) {
        int[] all = IntStream.range(0, image.keyNorms().length).toArray();
        return Arrays.stream(pivots.choose(image, words, all, count))
                .map(v -> v + 2)
                .toArray();
    }

    private static DartPivots one(boolean exact, boolean inSetOrder) {
        return new DartPivots(1, 1, exact, inSetOrder);
    }

    @Test
    void eachPivotKeepsWhatIsLeastLikeIt() {
        assertThat(kept(one(false, false), IMAGE, WORDS, 4)).containsExactly(4, 7, 6, 2, 3);
    }

    @Test
    void theOrderOfPivotsMatters() {
        assertThat(kept(one(false, false), IMAGE_B, WORDS_B, 4)).containsExactly(3, 4, 6, 2, 8);
        assertThat(kept(one(false, true), IMAGE_B, WORDS_B, 4)).containsExactly(3, 2, 4, 6, 5);
    }

    @Test
    void theBudgetCanBeMetExactly() {
        assertThat(kept(one(true, false), IMAGE_B, WORDS_B, 4)).containsExactly(3, 4, 6, 2);
        assertThat(kept(one(true, false), IMAGE, WORDS, 5)).containsExactly(4, 7, 6, 2, 3);
    }

    @Test
    void setsOfEightPivots() {
        int[] positions = {36, 100, 132, 300, 612, 620, 633, 650};
        assertThat(Vectors.pick(positions, HashOrder.of(positions)))
                .containsExactly(100, 132, 36, 612, 650, 300, 620, 633);
    }

    /** The image pivots come on top of what the pivots choose, so that 128 of 576 leave 132. */
    @ParameterizedTest
    @CsvSource({
        "576, 192, 196",
        "576, 128, 132",
        "576, 64, 68",
        "1200, 266, 268",
        "576, 127, 124",
        "350, 38, 36",
        "576, 7, 4",
        "9, 8, 9"
    })
    void counts(int visual, int count, int left) {
        DartPivots.Tokens image = DartPivots.Tokens.of(
                PathSimulator.gaussian(new Random(1), visual, 8),
                PathSimulator.gaussian(new Random(2), visual, 8),
                IntStream.range(35, 35 + visual).toArray());
        DartPivots.Tokens words = DartPivots.Tokens.of(
                PathSimulator.gaussian(new Random(3), 20, 8),
                PathSimulator.gaussian(new Random(4), 20, 8),
                IntStream.range(35 + visual, 55 + visual).toArray());
        int[] all = IntStream.range(0, visual).toArray();
        assertThat(new DartPivots(4, 4, false, true).choose(image, words, all, count))
                .hasSize(left)
                .doesNotHaveDuplicates();
        assertThat(new DartPivots(4, 4, true, true).choose(image, words, all, count))
                .hasSize(count)
                .doesNotHaveDuplicates();
    }

    @Test
    void fewWordsAreEnough() {
        DartPivots.Tokens none = new DartPivots.Tokens(new Matrix(0, 2, new float[0]), new float[0], new int[0]);
        assertThat(kept(new DartPivots(1, 4, false, true), IMAGE, none, 5)).containsExactly(4, 7);
    }

    /** Rotary positions change the sum of magnitudes: 1, 1.3570 and 1.4142 after 0, 0.5 and pi / 4. */
    @Test
    void keysAreMeasuredAfterTheyWereTurned() {
        double[] angles = {0, 0.5, Math.PI / 4};
        float[][] turned = new float[3][];
        for (int i = 0; i < 3; i++) {
            turned[i] = new float[] {(float) Math.cos(angles[i]), (float) Math.sin(angles[i])};
        }
        assertThat(Vectors.manhattanNorms(Matrix.of(turned)))
                .containsExactly(new float[] {1, 1.3570f, 1.4142f}, offset(1e-4f));
        assertThat(Models.only(Models.plan(new Dart(), Models.LLAVA, Budget.count(128)))
                        .needs())
                .contains(new Signal.DecoderProjection(1, Projection.KEY, true))
                .contains(new Signal.DecoderHidden(PromptTokens.VISUAL, true));
    }

    @Test
    void imagesChooseForThemselves() {
        Step step = Models.only(Models.plan(new Dart(), Models.SMALL, Budget.share(1 / 9.0), "count=exact"));
        assertThat(step.station()).isEqualTo(new Station.Decoder(1));
        int[] visual = IntStream.concat(IntStream.range(3, 147), IntStream.range(150, 294))
                .toArray();
        Ledger.Grid grid = new Ledger.Grid(12, 12);
        Layout layout = new Layout(300, visual, IntStream.range(0, 288).toArray(), List.of(grid, grid), 288);
        int words = layout.instruction().length;
        assertThat(words).isEqualTo(9);
        FakeSignals signals = FakeSignals.of(layout);
        for (Signal<?> need : step.needs()) {
            boolean text = need instanceof Signal.DecoderInstructionProjection
                    || need instanceof Signal.DecoderHidden h && h.tokens() == PromptTokens.INSTRUCTION;
            put(signals, need, PathSimulator.gaussian(new Random(need.hashCode()), text ? words : 288, 16));
        }
        var outcome = signals.run(step);
        assertThat(((Decision.Keep) outcome.decision()).positions()).isEqualTo(Decision.Positions.ORIGINAL);
        int[] kept = Models.kept(outcome);
        assertThat(kept).hasSize(32).isSorted();
        assertThat(Arrays.stream(kept).filter(v -> v < 144).count()).isEqualTo(16);
    }

    @SuppressWarnings("unchecked")
    private static void put(FakeSignals signals, Signal<?> need, Matrix value) {
        signals.with((Signal<Matrix>) need, value);
    }
}
