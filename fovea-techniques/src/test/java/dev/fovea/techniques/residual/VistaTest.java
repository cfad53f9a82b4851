package dev.fovea.techniques.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Station.Stream;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.FakeSignals;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.primitives.TopK;
import java.util.List;
import org.junit.jupiter.api.Test;

class VistaTest {
    private static Plan plan(String... knobs) {
        return Models.plan(new Vista(), Models.LLAVA, Budget.full(), knobs);
    }

    @Test
    void actsInEveryLayerAndOnTheLogits() {
        Plan plan = plan();
        assertThat(plan.steps()).hasSize(33);
        for (int layer = 0; layer < 32; layer++) {
            assertThat(plan.steps().get(layer).station()).isEqualTo(new Station.Residual(layer, Stream.MLP));
        }
        assertThat(plan.steps().getLast().station()).isEqualTo(new Station.Logits());
        assertThat(plan.steps().getLast().needs())
                .as("the five layers before the last of 32, counted from 0")
                .contains(new Signal.LateLogits(26, false), new Signal.LateLogits(30, false))
                .doesNotContain(new Signal.LateLogits(25, false), new Signal.LateLogits(31, false))
                .hasSize(6);
        assertThat(plan("w=6").steps().getLast().needs()).contains(new Signal.LateLogits(25, false));
        assertThat(plan("norm=on").steps().getLast().needs()).contains(new Signal.LateLogits(30, true));
        assertThat(plan("form=stream").steps().getFirst().station()).isEqualTo(new Station.Residual(0, Stream.LAYER));
    }

    @Test
    void eachHalfCanBeLeftOut() {
        assertThat(plan("lambda=0", "gamma=0").steps()).isEmpty();
        assertThat(plan("gamma=0").steps()).hasSize(32);
        assertThat(plan("lambda=0").steps()).hasSize(1);
        int few = Models.SMALL.decoderLayers();
        assertThat(Models.plan(new Vista(), Models.SMALL, Budget.full(), "lambda=0", "w=100")
                        .steps()
                        .getFirst()
                        .needs())
                .as("all but the last of few layers, and the last one's own")
                .hasSize(few);
    }

    /** A last token that does not see the picture is moved by rounding alone, which is no direction. */
    @Test
    void roundingIsNoDirection() {
        Matrix seen = Matrix.of(new float[] {1000, -2000}, new float[] {1000, -2000});
        Matrix blind = Matrix.of(new float[] {1000.005f, -2000}, new float[] {1000.1f, -2000});
        assertThat(Vista.moved(seen, blind, 0)).containsExactly(0, 0);
        assertThat(Vista.moved(seen, blind, 1)[0]).isNegative();
    }

    @Test
    void theVectorIsWhatThePictureMoves() {
        Matrix seen = Matrix.of(new float[] {1, 2}, new float[] {3, 5});
        Matrix blind = Matrix.of(new float[] {1, 1}, new float[] {1, 7});
        assertThat(Vista.moved(seen, blind, 0)).containsExactly(0, 1);
        assertThat(Vista.moved(seen, blind, 1)).containsExactly(2, -2);
        Step step = plan("lambda=0.3").steps().get(1);
        Decision.Steer steer = (Decision.Steer) FakeSignals.ofPrompt(2, 2, 2, 2)
                .with(new Signal.LastStates(new Branch.Unsteered()), seen)
                .with(new Signal.LastStates(new Branch.WithoutPictures()), blind)
                .run(step)
                .decision();
        assertThat(steer.vector()).containsExactly(2, -2);
        assertThat(steer.strength()).isEqualTo(0.3);
        assertThat(steer.push()).isEqualTo(Decision.Push.UNIT);
        assertThat(steer.tokens()).isEqualTo(Decision.Pushed.ALL);
        Decision.Steer same = (Decision.Steer) FakeSignals.ofPrompt(2, 2, 2, 2)
                .with(new Signal.LastStates(new Branch.Unsteered()), seen)
                .with(new Signal.LastStates(new Branch.WithoutPictures()), seen)
                .run(step)
                .decision();
        assertThat(same.acts()).as("a picture that moves nothing").isFalse();
    }

    @Test
    void lateLogitsAreMixedIn() {
        float[] own = {2, 1, 0};
        List<float[]> late = List.of(new float[] {0, 3, 0}, new float[] {1, 2, 0});
        float[] less = LateMixing.mixed(own, late, 0.3);
        float[] more = LateMixing.mixed(own, late, 0.4);
        assertThat(less).containsExactly(new float[] {1.55f, 1.45f, 0}, offset(1e-6f));
        assertThat(more).containsExactly(new float[] {1.4f, 1.6f, 0}, offset(1e-6f));
        assertThat(TopK.best(less)).isZero();
        assertThat(TopK.best(more)).isEqualTo(1);
        assertThat(LateMixing.mixed(own, late, 1)).containsExactly(new float[] {.5f, 2.5f, 0}, offset(1e-6f));
    }
}
