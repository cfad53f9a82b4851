package dev.fovea.techniques.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FastVTest {
    @Test
    void keeps182Of729() {
        Step step = Models.only(Models.plan(new FastV(), Models.withGrid(27, 27), Budget.share(0.25), "k=3"));
        assertThat(step.station()).isEqualTo(new Station.Decoder(3));
        Signal.DecoderAttention attention = new Signal.DecoderAttention(2, DecoderQueries.LAST, KeyScope.ALL, true);
        assertThat(step.needs()).isEqualTo(java.util.List.of(attention));
        Outcome outcome = FakeSignals.ofPrompt(1, 27, 27, 30)
                .with(attention, Models.constant(760, .001))
                .run(step);
        assertThat(Models.kept(outcome)).hasSize(182).isSorted();
        assertThat(((Decision.Keep) outcome.decision()).positions()).isEqualTo(Decision.Positions.ORIGINAL);
    }

    @Test
    void publishedLayerAtPublishedDepth() {
        assertThat(Models.only(Models.plan(new FastV(), Models.LLAVA, Budget.count(64)))
                        .station())
                .isEqualTo(new Station.Decoder(2));
        assertThat(Models.only(Models.plan(new FastV(), Models.SMALL, Budget.count(64)))
                        .station())
                .isEqualTo(new Station.Decoder(1));
    }

    /** Two heads, logits over (v0, v1, text): the scope of the softmax turns the ranking round. */
    @Test
    void scopeOfTheSoftmaxChangesTheRanking() {
        float[][] logits = {{1, 0, 5}, {0, .5f, -5}};
        float[] all = new float[3];
        float[] visual = new float[3];
        for (float[] head : logits) {
            float[] a = Vectors.softmax(head);
            float[] v = Vectors.softmax(Arrays.copyOf(head, 2));
            for (int i = 0; i < 3; i++) {
                all[i] += a[i] / 2;
                visual[i] += i < 2 ? v[i] / 2 : 0;
            }
        }
        assertThat(all).containsExactly(new float[] {.1972f, .3137f, all[2]}, offset(1e-4f));
        assertThat(visual).containsExactly(new float[] {.5543f, .4457f, 0}, offset(1e-4f));
        assertThat(keptOfTwo("all", KeyScope.ALL, all)).containsExactly(1);
        assertThat(keptOfTwo("visual", KeyScope.VISUAL, visual)).containsExactly(0);
    }

    private static int[] keptOfTwo(String scope, KeyScope keys, float[] row) {
        Step step = Models.only(
                Models.plan(new FastV(), Models.withGrid(1, 2), Budget.count(1), "softmax=" + scope, "k=2"));
        return Models.kept(FakeSignals.ofPrompt(0, 1, 2, 1)
                .with(new Signal.DecoderAttention(1, DecoderQueries.LAST, keys, true), row)
                .run(step));
    }

    @Test
    void zeroLayersIsARandomSubset() {
        Step step = Models.only(Models.plan(new FastV(), Models.SMALL, Budget.count(10), "k=0", "seed=4"));
        assertThat(step.station()).isEqualTo(new Station.Decoder(0));
        assertThat(step.needs()).isEmpty();
        assertThat(Models.kept(FakeSignals.ofPrompt(2, 12, 12, 3).run(step)))
                .hasSize(10)
                .isSorted();
    }

    @Test
    void refusesALayerTheModelLacks() {
        assertThatThrownBy(() -> Models.plan(new FastV(), Models.SMALL, Budget.count(10), "k=6"))
                .hasMessage("Knob 'k' of technique 'fastv' must be in 0..5 for this model, which has 6 decoder layers, "
                        + "got 6.");
    }
}
