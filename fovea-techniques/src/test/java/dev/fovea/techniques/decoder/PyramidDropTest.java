package dev.fovea.techniques.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.techniques.Models;
import dev.fovea.techniques.PathSimulator;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PyramidDropTest {
    @Test
    void publishedSchedule() {
        Plan plan = Models.plan(new PyramidDrop(), Models.LLAVA, Budget.full(), "lambda=0.5");
        assertThat(plan.steps())
                .extracting(Step::station)
                .containsExactly(new Station.Decoder(8), new Station.Decoder(16), new Station.Decoder(24));
        int[] perLayer = PathSimulator.perLayer(PathSimulator.run(plan, Models.LLAVA, 1), Models.LLAVA);
        assertThat(new int[] {perLayer[7], perLayer[8], perLayer[16], perLayer[24]})
                .containsExactly(576, 288, 144, 72);
    }

    @Test
    void positionsAreRenumbered() {
        Plan plan = Models.plan(new PyramidDrop(), Models.LLAVA, Budget.count(270));
        for (var taken : PathSimulator.run(plan, Models.LLAVA, 1)) {
            Decision.Keep keep = (Decision.Keep) taken.outcome().decision();
            assertThat(keep.positions()).isEqualTo(Decision.Positions.RENUMBERED);
            assertThat(keep.indices()).isSorted();
        }
    }

    @Test
    void budgetSolvesLambda() {
        Knobs defaults = Knobs.defaults(new PyramidDrop().card());
        PyramidSchedule s = PyramidSchedule.of(Models.LLAVA, Budget.count(270), defaults);
        assertThat(s.lambda()).isCloseTo(0.5, offset(1e-6));
        for (double share : new double[] {0.5, 1 / 3.0, 2 / 9.0, 1 / 9.0}) {
            Plan plan = Models.plan(new PyramidDrop(), Models.LLAVA, Budget.share(share));
            int[] perLayer = PathSimulator.perLayer(PathSimulator.run(plan, Models.LLAVA, 3), Models.LLAVA);
            assertThat(Arrays.stream(perLayer).average().orElseThrow() / 576).isCloseTo(share, offset(0.005));
        }
        assertThatThrownBy(() -> PyramidSchedule.of(Models.SMALL, Budget.share(0.1), defaults))
                .hasMessageContaining("'pyramiddrop' cannot average so few tokens");
    }
}
