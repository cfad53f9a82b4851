package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import java.util.List;
import org.junit.jupiter.api.Test;

class VtcClsTest {
    private static final float[][] ROWS = {
        {.10f, .30f, .05f, .20f, .15f, .20f},
        {.30f, .10f, .05f, .25f, .10f, .20f},
        {.05f, .20f, .35f, .10f, .10f, .20f},
    };

    private static Signal.EncoderAttention layer(int index) {
        return new Signal.EncoderAttention(index, EncoderQueries.CLS, Heads.MEAN);
    }

    private static int[] kept(int count, String... knobs) {
        Step step = Models.only(Models.plan(new VtcCls(), Models.withGrid(2, 3), Budget.count(count), knobs));
        FakeSignals signals = FakeSignals.of(Layout.ofGrid(2, 3));
        for (int i = 0; i < 3; i++) {
            signals.with(layer(20 + i), ROWS[i]);
        }
        return Models.kept(signals.run(step));
    }

    /** An example worked out by hand: layers 21 to 23 together, and the last alone. */
    @Test
    void ensembleOfThreeLayers() {
        assertThat(kept(3)).containsExactly(1, 3, 5);
        assertThat(kept(3, "layers=1")).containsExactly(1, 2, 5);
        assertThat(kept(2, "ensemble=min")).containsExactly(1, 5);
        assertThat(kept(2, "ensemble=max")).containsExactly(0, 2);
    }

    /** Counted from 1 the layers are 21, 22 and 23: neither 24 nor 20 is read. */
    @Test
    void layersOfTheEnsemble() {
        Step step = Models.only(Models.plan(new VtcCls(), Models.LLAVA, Budget.count(64)));
        assertThat(step.needs()).isEqualTo(List.of(layer(20), layer(21), layer(22)));
        Step small = Models.only(Models.plan(new VtcCls(), Models.SMALL, Budget.count(64)));
        assertThat(small.needs()).isEqualTo(List.of(layer(3), layer(4)));
    }

    @Test
    void insideTheLanguageModel() {
        Step step = Models.only(Models.plan(new VtcCls(), Models.withGrid(2, 3), Budget.count(3), "where=llm"));
        assertThat(step.station()).isEqualTo(new Station.Decoder(2));
        FakeSignals signals = FakeSignals.ofPrompt(4, 2, 3, 2);
        for (int i = 0; i < 3; i++) {
            signals.with(layer(20 + i), ROWS[i]);
        }
        assertThat(Models.kept(signals.run(step))).containsExactly(1, 3, 5);
    }

    @Test
    void readsNoText() {
        Step step = Models.only(Models.plan(new VtcCls(), Models.LLAVA, Budget.count(64)));
        assertThat(step.needs()).allMatch(s -> s instanceof Signal.EncoderAttention);
    }

    @Test
    void refusesMoreLayersThanThereAre() {
        assertThatThrownBy(() -> Models.plan(new VtcCls(), Models.SMALL, Budget.count(9), "layers=6"))
                .hasMessageContaining("must be in 1..5")
                .hasMessageContaining("got 6");
    }
}
