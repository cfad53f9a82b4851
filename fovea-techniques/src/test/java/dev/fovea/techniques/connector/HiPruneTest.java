package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.TopK;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HiPruneTest {
    private static final float[] OBJECT = {
        .02f, .03f, .02f, .10f, .04f, .12f, .05f, .03f, .02f, .05f, .06f, .30f, .03f, .02f, .06f, .05f
    };
    private static final float[] DEEP = {
        .20f, .01f, .02f, .03f, .02f, .09f, .01f, .02f, .08f, .02f, .01f, .10f, .03f, .05f, .01f, .30f
    };
    private static final Signal.EncoderAttention NINE = new Signal.EncoderAttention(8, EncoderQueries.ALL, Heads.MEAN);
    private static final Signal.EncoderAttention LAST = new Signal.EncoderAttention(22, EncoderQueries.ALL, Heads.MEAN);

    private static int[] kept(String... knobs) {
        Step step = Models.only(Models.plan(new HiPrune(), Models.withGrid(4, 4), Budget.count(8), knobs));
        return Models.kept(FakeSignals.of(Layout.ofGrid(4, 4))
                .with(NINE, OBJECT)
                .with(LAST, DEEP)
                .run(step));
    }

    /** An example worked out by hand, with and without a column check. */
    @Test
    void workedExample() {
        assertThat(kept("alpha=0.7")).containsExactly(0, 5, 7, 8, 10, 11, 12, 15);
        assertThat(kept("alpha=0.7", "neighbours=paper")).containsExactly(0, 5, 7, 8, 10, 11, 12, 15);
        assertThat(kept("alpha=0.7", "neighbours=clean")).containsExactly(0, 5, 7, 8, 10, 11, 13, 15);
    }

    @Test
    void alphaZeroIsPureRegisterSelection() {
        assertThat(kept("alpha=0")).containsExactly(TopK.largestInOrder(DEEP, 8));
    }

    @Test
    void neighboursOfTheFirstTokenAreClamped() {
        float[] scores = new float[576];
        scores[0] = 1;
        assertThat(HiPruneAnchors.withBuffers(scores, 64, 0.1, "official", 24)).containsExactly(0, 1, 24);
        scores[0] = 0;
        scores[575] = 1;
        assertThat(HiPruneAnchors.withBuffers(scores, 64, 0.1, "official", 24)).containsExactly(551, 574, 575);
        assertThat(HiPruneAnchors.withBuffers(scores, 64, 0.1, "paper", 24)).containsExactly(551, 574, 575);
    }

    /** Anchors of isolated interior peaks: 4, 3 and 1 for 192, 128 and 64 tokens. */
    @ParameterizedTest
    @CsvSource({"192,4", "128,3", "64,1"})
    void anchorCounts(int budget, int anchors) {
        float[] scores = new float[576];
        for (int i = 0; i < 6; i++) {
            scores[24 * (3 * i + 2) + 5] = 10 - i;
        }
        assertThat(HiPruneAnchors.withBuffers(scores, budget, 0.1, "official", 24))
                .hasSize(5 * anchors);
    }

    @Test
    void readsThePublishedLayers() {
        Step step = Models.only(Models.plan(new HiPrune(), Models.LLAVA, Budget.count(64)));
        assertThat(step.needs()).isEqualTo(List.of(NINE, LAST));
        Step small = Models.only(Models.plan(new HiPrune(), Models.SMALL, Budget.count(64)));
        assertThat(small.needs())
                .isEqualTo(List.of(
                        new Signal.EncoderAttention(1, EncoderQueries.ALL, Heads.MEAN),
                        new Signal.EncoderAttention(4, EncoderQueries.ALL, Heads.MEAN)));
    }

    @Test
    void plusPlusAddsTokensCloseToTheQuestion() {
        Step step =
                Models.only(Models.plan(new HiPrune(), Models.SMALL_NO_TEXT, Budget.count(10), "beta=0.2", "alpha=0"));
        float[] deep = new float[144];
        for (int i = 0; i < 144; i++) {
            deep[i] = 144 - i;
        }
        float[] projected = new float[144 * 2];
        for (int i = 0; i < 144; i++) {
            projected[2 * i] = i == 70 || i == 90 ? 1 : 0;
            projected[2 * i + 1] = 1;
        }
        int[] kept = Models.kept(FakeSignals.of(Layout.ofGrid(12, 12))
                .with(new Signal.EncoderAttention(1, EncoderQueries.ALL, Heads.MEAN), deep)
                .with(new Signal.EncoderAttention(4, EncoderQueries.ALL, Heads.MEAN), deep)
                .with(new Signal.Projected(), new Matrix(144, 2, projected))
                .with(new Signal.QuestionTokensMean(), new float[] {1, 0})
                .run(step));
        assertThat(kept).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 70, 90);
    }

    @Test
    void classAttentionNeedsAClassToken() {
        assertThatThrownBy(() -> Models.plan(new HiPrune(), Models.SMALL_NO_CLS, Budget.count(9), "attention=cls"))
                .hasMessageContaining("use attention=received");
    }
}
