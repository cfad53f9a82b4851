package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.report.Curve;
import dev.fovea.train.report.Figures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** LLaVolta's stages, on a model of two layers and 256 visual tokens with random weights. */
class LlaVoltaRecipeTest extends OnRandomPeek {
    private static final int WHOLE = 2 * 256;

    /** The third of three steps is of the second stage: a run that goes on there knows it. */
    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        Path whole = runs.stoppedAndResumed(folder, "llavolta", 2);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.at("/knobs/scheme").asText()).isEqualTo("four-wider-deeper");
        assertThat(card.at("/recipe").asText()).isEqualTo("fovea train llavolta");
        assertThat(card.at("/figures/held_out_accuracy").isNumber()).isTrue();
        assertThat(card.at("/figures/stage_2_visual_token_layers_share").asDouble())
                .isEqualTo((256 + 128) / 512.0);
        assertThat(card.at("/figures/stage_2_step_seconds").asDouble()).isPositive();
        assertThat(card.at("/figures").has("stage_1_step_seconds"))
                .as("no step of the first stage was measured")
                .isFalse();
        answersAreThoseOfTheWeightsThatWereWritten(whole);
    }

    /** Opened with these weights the model answers otherwise; opened again, the same. */
    private void answersAreThoseOfTheWeightsThatWereWritten(Path weights) {
        List<float[]> states = runs.finalStates(
                Budget.full(),
                "llavolta:weights=" + weights,
                "llavolta:weights=" + weights,
                "llavolta:weights=untrained",
                "full");
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(2)).isNotEqualTo(states.get(0)).containsExactly(states.get(3));
    }

    private static final TechniqueSize EIGHT = new TechniqueSize("eight", 8, 1, 1, 40, 1e-3, 1, 8);

    /** What a batch costs in each of eight steps. */
    private static List<Double> costs(String scheme, List<String> reducers) {
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get("llavolta");
        List<Double> costs = new ArrayList<>();
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning = Learning.begin(
                    base, p, technique, Knobs.of(technique.card(), Map.of("scheme", scheme)), reducers, EIGHT);
            @SuppressWarnings("unchecked")
            Stage<AnswerBatch> stage =
                    (Stage<AnswerBatch>) new LlaVoltaRecipe().stages(learning).getFirst();
            for (int i = 0; i < EIGHT.steps(); i++) {
                try (Scope scope = Scope.inference()) {
                    assertThat(scope).isNotNull();
                    Measured m = stage.objective().measure(stage.batches().apply(i), true);
                    assertThat(m.loss().item_float()).isFinite();
                    costs.add(m.costs().get(Figures.TOKEN_LAYERS));
                }
            }
            try (Scope scope = Scope.inference()) {
                assertThat(scope).isNotNull();
                Measured held = stage.evaluation()
                        .measure()
                        .apply(stage.evaluation().batches().getFirst());
                costs.add(held.costs().get(Figures.TOKEN_LAYERS));
            }
        }
        return costs;
    }

    /** Both layers of the tiny model hold 256 tokens; K = 2 and 16 of 32 are its first. */
    @Test
    void everyStageHasItsCompressionAndHeldOutPicturesThatOfTheLast() {
        double heavy = 256 + 32;
        double light = 256 + 128;
        double all = WHOLE;
        assertThat(costs("four-wider-deeper", List.of()))
                .containsExactly(heavy, heavy, heavy, light, light, light, light, all, all);
        assertThat(costs("two", List.of())).containsExactly(heavy, heavy, heavy, heavy, heavy, all, all, all, all);
        assertThat(costs("single", List.of())).containsOnly(all);
        assertThat(costs("heavy", List.of())).containsOnly(heavy);
        assertThat(costs("last-stage", List.of())).endsWith(256.0 + 64, 256.0 + 64);
    }

    /** A reducer that chooses before the language model has the budget that pooling would leave. */
    @Test
    void anotherReducerMayTakeThePlaceOfPooling() {
        double kept = Math.round(256 * (0.5 + 0.5 / 8));
        assertThat(costs("two", List.of("hiprune")))
                .containsExactly(
                        2 * kept,
                        2 * kept,
                        2 * kept,
                        2 * kept,
                        2 * kept,
                        1.0 * WHOLE,
                        1.0 * WHOLE,
                        1.0 * WHOLE,
                        1.0 * WHOLE);
        assertThat(costs("two", List.of("fastv")).getFirst()).isEqualTo(256 + kept);
    }

    @Test
    void theCardTellsTheReducer() throws IOException {
        try (TechniqueTraining training =
                runs.quick(folder.resolve("run"), "llavolta:scheme=two", List.of("fastv"), () -> false)) {
            training.run(folder.resolve("out"));
        }
        JsonNode card =
                new ObjectMapper().readTree(folder.resolve("out/card.json").toFile());
        assertThat(card.at("/recipe").asText()).isEqualTo("fovea train llavolta --technique fastv");
        assertThatThrownBy(() -> runs.quick(folder.resolve("run"), "llavolta:scheme=two", List.of(), () -> false))
                .hasMessageContaining("with {scheme=two} under fastv', not 'quick");
    }

    @Test
    void whatCannotReduceIsOneSentence() {
        assertThatThrownBy(() -> runs.quick(folder.resolve("a"), "matryoshka", List.of("fastv"), () -> false))
                .hasMessage("The recipe 'matryoshka' has plans of its own; leave 'fastv' out.");
        assertThatThrownBy(() -> runs.quick(folder.resolve("b"), "llavolta", List.of("matryoshka"), () -> false))
                .hasMessage("Technique 'matryoshka' has weights of its own, so that 'llavolta' cannot be trained under"
                        + " it; name one that has none.");
        assertThatThrownBy(() -> runs.quick(folder.resolve("c"), "llavolta", List.of("fastvv"), () -> false))
                .hasMessageContaining("There is no technique 'fastvv'");
    }

    /** Three steps of the first stage, two each of the next and one of the last: means by stage, and their sum. */
    @Test
    void whatTrainingSaved() {
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get("llavolta");
        TreeMap<Long, Map<String, Double>> log = new TreeMap<>();
        double[] shares = {0.5625, 0.5625, 0.5625, 0.75, 0.75, 0.75, 0.75, 1};
        double[] seconds = {1, 3, 2, 3, 3, 3, 3, 4};
        for (int i = 0; i < shares.length; i++) {
            log.put(i + 1L, Map.of(Figures.TOKEN_LAYERS, shares[i] * WHOLE, Figures.SECONDS, seconds[i]));
        }
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning = Learning.begin(base, p, technique, Knobs.defaults(technique.card()), List.of(), EIGHT);
            Map<String, Double> figures = new LlaVoltaRecipe().figures(learning, List.of(new Curve("llavolta", log)));
            assertThat(figures)
                    .containsEntry("stage_1_visual_token_layers_share", 0.5625)
                    .containsEntry("stage_1_step_seconds", 2.0)
                    .containsEntry("stage_4_visual_token_layers_share", 1.0)
                    .containsEntry("stage_4_step_seconds", 4.0);
            assertThat(figures.get("training_visual_token_layers_share"))
                    .isCloseTo((3 * 0.5625 + 4 * 0.75 + 1) / 8, within(1e-12));
            assertThat(figures.get("training_seconds_share")).isCloseTo((3 * 2 + 4 * 3 + 4) / (8.0 * 4), within(1e-12));
        }
    }
}
