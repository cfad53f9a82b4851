package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.path.Part;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.PageBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.report.Figures;
import dev.fovea.world.Canvas;
import dev.fovea.world.SceneOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** AdaptVision's two stages, on a model of two layers and 256 visual tokens with random weights. */
class AdaptVisionScalingRecipeTest extends OnRandomPeek {
    private static final TechniqueSize TINY = new TechniqueSize("tiny", 4, 2, 1, 40, 1e-3, 2, 4);

    /** Stopped in its second stage, which begins where the first one ended. */
    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        Path whole = runs.stoppedAndResumed(folder, "adaptvision-scaling", 4);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.at("/knobs/local").asText()).isEqualTo("16");
        assertThat(card.at("/steps").asLong()).isEqualTo(3);
        assertThat(card.at("/figures/held_out_accuracy").isNumber()).isTrue();
        answersAreThoseOfTheWeightsThatWereWritten(whole);
    }

    /** Opened with these weights the model answers otherwise; opened again, the same. */
    private void answersAreThoseOfTheWeightsThatWereWritten(Path weights) {
        RgbImage large = TrainingRuns.picture(SceneOptions.defaults().withCanvas(new Canvas(2, 1)));
        List<float[]> states = new ArrayList<>();
        for (String own : List.of(weights.toString(), weights.toString(), "untrained")) {
            String spec = "adaptvision-scaling:weights=" + own;
            states.add(runs.finalState(large, OpenOptions.defaults(), spec, Budget.full()));
        }
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(2)).isNotEqualTo(states.get(0));
    }

    private interface Check {
        void of(Learning learning, List<Stage<PageBatch>> stages);
    }

    @SuppressWarnings("unchecked")
    private static void learning(Map<String, String> knobs, Check check) {
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get("adaptvision-scaling");
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning = Learning.begin(base, p, technique, Knobs.of(technique.card(), knobs), List.of(), TINY);
            List<Stage<PageBatch>> stages = new ArrayList<>();
            new AdaptVisionScalingRecipe().stages(learning).forEach(s -> stages.add((Stage<PageBatch>) s));
            check.of(learning, stages);
        }
    }

    /** The second factors of the tiles' encoder start at zero: it is they that get a gradient, of the pixels of tiles. */
    @Test
    void theEncoderOfTilesLearns() {
        learning(Map.of(), (learning, stages) -> {
            try (Scope ignored = Scope.training()) {
                Measured m = stages.getLast()
                        .objective()
                        .measure(stages.getLast().batches().apply(0), false);
                m.loss().backward();
                float[] all = Tensors.floats(learning.parameters().gradients());
                for (Parameters.Entry e : learning.parameters().entries()) {
                    boolean starts = e.name().endsWith(".down");
                    boolean moved = false;
                    for (int i = 0; i < e.size(); i++) {
                        moved |= all[(int) e.offset() + i] != 0;
                    }
                    assertThat(moved).as(e.name()).isEqualTo(!starts);
                }
            }
        });
    }

    /** First what is new and the connector, then everything. */
    @Test
    void theStages() {
        learning(Map.of(), (learning, stages) -> {
            assertThat(stages)
                    .extracting(Stage::name)
                    .containsExactly("adaptvision-scaling-merge", "adaptvision-scaling");
            assertThat(stages.stream().mapToLong(s -> s.schedule().steps()).sum())
                    .isEqualTo(4);
            List<String> first = learning.parameters().entries().stream()
                    .filter(stages.getFirst().trainable())
                    .map(Parameters.Entry::name)
                    .toList();
            assertThat(first)
                    .containsExactlyInAnyOrder(
                            "connector.linear_1.weight",
                            "connector.linear_2.weight",
                            "places",
                            "merge.weight",
                            "merge.bias");
            assertThat(learning.parameters().entries())
                    .allMatch(stages.getLast().trainable());
        });
    }

    /** Each picture costs what its parts do, in both layers: 259 tokens for the thumbnail, 65 for a tile. */
    @Test
    void picturesCostWhatTheirSizeAsksFor() {
        learning(Map.of(), (learning, stages) -> {
            PageBatch batch = stages.getLast().batches().apply(0);
            double expected = batch.pictures().stream()
                    .mapToInt(p -> 2 * (259 + 65 * (p.views().size() - 1)))
                    .average()
                    .orElseThrow();
            batch.pictures().forEach(p -> {
                assertThat(p.views()).hasSize(1 + p.tileRows() * p.tileColumns());
                assertThat(p.views().getFirst().part()).isEqualTo(new Part.Overview());
            });
            assertThat(cost(stages, batch)).isEqualTo(expected);
        });
        learning(Map.of("cut", "none"), (learning, stages) -> {
            PageBatch batch = stages.getLast().batches().apply(0);
            assertThat(cost(stages, batch)).isEqualTo(2 * 259);
        });
    }

    private static double cost(List<Stage<PageBatch>> stages, PageBatch batch) {
        try (Scope ignored = Scope.inference()) {
            Measured m = stages.getLast().objective().measure(batch, true);
            assertThat(m.loss().item_float()).isFinite();
            return m.costs().getOrDefault(Figures.TOKEN_LAYERS, Double.NaN);
        }
    }
}
