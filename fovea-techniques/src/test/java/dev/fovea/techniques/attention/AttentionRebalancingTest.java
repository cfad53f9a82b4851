package dev.fovea.techniques.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AttentionRebalancingTest {
    private static final float[] LOCAL = {.10f, .20f, .05f, .25f, .15f, .05f, .12f, .08f};
    private static final float[] SUMMARY = {.02f, .03f, .03f, .70f, .04f, .05f, .06f, .07f};
    private static final Signal.EncoderAttention FIRST = new Signal.EncoderAttention(0, EncoderQueries.CLS, Heads.SUM);
    private static final Signal.EncoderAttention NEXT_TO_LAST =
            new Signal.EncoderAttention(22, EncoderQueries.CLS, Heads.SUM);

    /** Sets worked out by hand: summary wins where the two overlap. */
    @Test
    void localAndSummarySets() {
        AttentionBoost.Sets sets = AttentionBoost.sets(LOCAL, SUMMARY, new float[8], 0.25, 0);
        assertThat(sets.summary()).containsExactly(3);
        assertThat(sets.local()).containsExactly(1);
    }

    @Test
    void countsAt576() {
        Random random = new Random(1);
        float[] local = new float[576];
        float[] summary = new float[576];
        float[] received = new float[576];
        for (int i = 0; i < 576; i++) {
            local[i] = random.nextFloat();
            summary[i] = 1;
            received[i] = -local[i];
        }
        assertThat(AttentionBoost.sets(local, summary, received, 0.25, 0).local())
                .hasSize(144);
        AttentionBoost.Sets spatial = AttentionBoost.sets(local, summary, received, 0.25, 0.05);
        assertThat(spatial.local()).hasSize(144 + 28);
        assertThat(spatial.summary()).isEmpty();
        summary[7] = 100;
        local[7] = 100;
        AttentionBoost.Sets both = AttentionBoost.sets(local, summary, received, 0.25, 0.05);
        assertThat(both.summary()).containsExactly(7);
        assertThat(both.local()).doesNotContain(7);
    }

    @Test
    void actsInTheDeepLayersAndOnTheLogits() {
        Plan plan = Models.plan(new AttentionRebalancing(), Models.LLAVA, Budget.full());
        assertThat(plan.steps()).hasSize(31);
        assertThat(plan.steps().getFirst().station()).isEqualTo(new Station.Attention(2));
        assertThat(plan.steps().get(29).station()).isEqualTo(new Station.Attention(31));
        assertThat(plan.steps().getLast().station()).isEqualTo(new Station.Logits());
        assertThat(plan.steps().getFirst().needs()).isEqualTo(List.of(FIRST, NEXT_TO_LAST));
    }

    @Test
    void nothingToDoIsNoStep() {
        Plan plan =
                Models.plan(new AttentionRebalancing(), Models.LLAVA, Budget.full(), "alpha=0", "beta=0", "gamma=1");
        assertThat(plan.steps()).isEmpty();
    }

    private static float[] factors(Layout layout, String... knobs) {
        Step step = Models.plan(new AttentionRebalancing(), Models.withGrid(2, 4), Budget.full(), knobs)
                .steps()
                .getFirst();
        int images = layout.images();
        float[] local = new float[8 * images];
        float[] summary = new float[8 * images];
        for (int i = 0; i < images; i++) {
            System.arraycopy(LOCAL, 0, local, 8 * i, 8);
            System.arraycopy(SUMMARY, 0, summary, 8 * i, 8);
        }
        return ((Decision.Rescale) FakeSignals.of(layout)
                        .with(FIRST, local)
                        .with(NEXT_TO_LAST, summary)
                        .run(step)
                        .decision())
                .factors();
    }

    @Test
    void factorsPerToken() {
        assertThat(factors(FakeSignals.prompt(3, 2, 4, 2))).containsExactly(0, .7f, 0, .4f, 0, 0, 0, 0);
        assertThat(factors(FakeSignals.prompt(3, 2, 4, 2), "alpha=0.5", "beta=0.5", "local=1"))
                .as("equal boosts over all tokens are the uniform boost of PAI")
                .containsOnly(.5f);
    }

    @Test
    void everyImageHasItsOwnSets() {
        int[] visual = new int[16];
        int[] cells = new int[16];
        for (int i = 0; i < 16; i++) {
            visual[i] = 2 + i;
            cells[i] = i;
        }
        float[] both = factors(new Layout(20, visual, cells, 2, 4, 2, 16));
        assertThat(both).containsExactly(0, .7f, 0, .4f, 0, 0, 0, 0, 0, .7f, 0, .4f, 0, 0, 0, 0);
    }

    /** What the decision asks for, on numbers worked out by hand. */
    @Test
    void rescaledScores() {
        float[] s = {1, 2, -1, .5f};
        float[] factor = {0, .7f, .4f, 0};
        float[] boosted = new float[4];
        for (int i = 0; i < 4; i++) {
            boosted[i] = s[i] + factor[i] * Math.abs(s[i]);
        }
        assertThat(boosted).containsExactly(new float[] {1, 3.4f, -.6f, .5f}, offset(1e-6f));
        assertThat(Vectors.softmax(s)).containsExactly(new float[] {.2242f, .6095f, .0303f, .1360f}, offset(1e-4f));
        assertThat(Vectors.softmax(boosted))
                .containsExactly(new float[] {.0779f, .8591f, .0157f, .0473f}, offset(1e-4f));
    }

    @Test
    void contrastWithTheImageFreeBranch() {
        float[] out = ImageFreeContrast.contrasted(logs(.6, .3, .09, .01), logs(.3, .5, .1, .1), 1.1, 0.1);
        assertThat(Arrays.copyOf(out, 3)).containsExactly(new float[] {-.4415f, -1.2551f, -2.4185f}, offset(1e-4f));
        assertThat(out[3]).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Vectors.softmax(out)).containsExactly(new float[] {.6322f, .2802f, .0876f, 0}, offset(1e-4f));
        assertThat(TopK.best(out)).isZero();
    }

    private static float[] logs(double... p) {
        float[] out = new float[p.length];
        for (int i = 0; i < p.length; i++) {
            out[i] = (float) Math.log(p[i]);
        }
        return out;
    }
}
