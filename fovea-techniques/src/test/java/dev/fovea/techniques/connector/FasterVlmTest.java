package dev.fovea.techniques.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FasterVlmTest {
    /** Two heads' rows over patches 0..8, averaged; the class token's own .2 is not part of it. */
    private static final float[] MEAN = {.06f, .04f, .17f, .14f, .06f, .13f, .07f, .10f, .03f};

    private static Step step(int tokens) {
        return Models.only(Models.plan(new FasterVlm(), Models.withGrid(3, 3), Budget.count(tokens)));
    }

    private static int[] kept(int tokens) {
        Step step = step(tokens);
        return Models.kept(FakeSignals.of(Layout.ofGrid(3, 3))
                .with((Signal.EncoderAttention) step.needs().getFirst(), MEAN)
                .run(step));
    }

    @Test
    void workedExample() {
        assertThat(kept(2)).containsExactly(2, 3);
        assertThat(kept(4)).containsExactly(2, 3, 5, 7);
        assertThat(kept(6)).as("patches 0 and 4 tie").containsExactly(0, 2, 3, 5, 6, 7);
    }

    /** The layer whose output the features are: the 23rd of 24, counted from 0 the 22nd. */
    @Test
    void looksAtTheFeatureLayer() {
        Step step = Models.only(Models.plan(new FasterVlm(), Models.LLAVA, Budget.count(144)));
        assertThat(step.station()).isEqualTo(new Station.Connector());
        assertThat(step.needs()).containsExactly(new Signal.EncoderAttention(22, EncoderQueries.CLS, Heads.MEAN));
    }

    @Test
    void withoutAClassTokenReceivedAttentionStandsIn() {
        ModelShape shape = Models.SMALL_NO_CLS;
        Step step = Models.only(Models.plan(new FasterVlm(), shape, Budget.count(20)));
        assertThat(step.needs())
                .containsExactly(
                        new Signal.EncoderAttention(shape.featureLayers() - 1, EncoderQueries.PATCHES, Heads.MEAN));
    }

    @ParameterizedTest
    @CsvSource({"0.75, 432", "0.5, 288", "0.25, 144", "0.1, 58", "0.05, 29", "0.2222, 128"})
    void countsOfPublishedRatios(double share, int tokens) {
        assertThat(Budget.share(share).of(576)).isEqualTo(tokens);
    }

    @Test
    void oneLayerOfVtcClsChoosesTheSame() {
        Step vtc = Models.only(Models.plan(new VtcCls(), Models.withGrid(3, 3), Budget.count(4), "layers=1"));
        assertThat(vtc.needs()).isEqualTo(step(4).needs());
        int[] theirs = Models.kept(FakeSignals.of(Layout.ofGrid(3, 3))
                .with((Signal.EncoderAttention) vtc.needs().getFirst(), MEAN)
                .run(vtc));
        assertThat(theirs).containsExactly(kept(4));
    }
}
