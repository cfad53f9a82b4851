package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Techniques that read a picture's features behind the encoder, trained for a model with random weights. */
class FeatureRecipesTest extends OnRandomPeek {
    @ParameterizedTest
    @CsvSource({"llava-sp, channels, 12", "vlora, width, 64", "llava-mini, layers, 2"})
    void stoppedAndResumedIsTheSameToTheBit(String id, String knob, String value) throws IOException {
        Path whole = runs.stoppedAndResumed(folder, id, 2);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.path("technique").asText()).isEqualTo(id);
        assertThat(card.at("/knobs/" + knob).asText()).isEqualTo(value);
        assertThat(card.at("/figures/held_out_accuracy").isNumber()).isTrue();
        answersAreThoseOfTheWeightsThatWereWritten(id, whole);
    }

    /** Opened with these weights the model answers otherwise; opened again, the same. */
    private static void answersAreThoseOfTheWeightsThatWereWritten(String id, Path weights) {
        List<float[]> states = runs.finalStates(
                Budget.full(),
                id + ":weights=" + weights,
                id + ":weights=" + weights,
                id + ":weights=untrained",
                "full");
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(0)).isNotEqualTo(states.get(2)).isNotEqualTo(states.get(3));
    }

    @Test
    void picturesThatAreCutAreNotLearnedFrom() {
        try (TechniqueTraining training = runs.quick(folder.resolve("cut"), "llava-mini:cut=2", () -> false)) {
            assertThatThrownBy(() -> training.run(folder.resolve("weights")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "The recipe 'llava-mini' shows pictures as they are; leave 'llava-mini:cut' out, and say it"
                                    + " where the weights are used.");
        }
    }

    /** Everything that a recipe moves gets a gradient once what starts at 0 has left it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "llava-sp",
                "llava-sp:maps=cropping",
                "vlora",
                "vlora:placeholder=none,kinds=qkvo",
                "llava-mini",
                "llava-mini:c=2,layers=1",
                "llava-mini:compress=paper,vision=direct"
            })
    void everyParameterLearns(String text) {
        TechniqueSpec spec = TechniqueSpec.parse(text);
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get(spec.id());
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning = Learning.begin(
                    base, p, technique, spec.knobsOf(technique.card()), List.of(), TechniqueSize.quick());
            try (Scope ignored = Scope.inference()) {
                p.values().add_(Tensors.scale(torch.randn(p.size()), 0.02));
            }
            List<Stage<?>> stages = TechniqueRecipes.get(spec.id()).stages(learning);
            @SuppressWarnings("unchecked")
            Stage<AnswerBatch> stage = (Stage<AnswerBatch>) stages.getLast();
            try (Scope ignored = Scope.training()) {
                stage.objective()
                        .measure(stage.batches().apply(0), false)
                        .loss()
                        .backward();
            }
            for (Parameters.Entry e : p.entries()) {
                if (e.name().equals("dfi.key.bias")) {
                    continue; // the same on all scores of a query: no softmax sees it
                }
                float norm =
                        p.gradients().narrow(0, e.offset(), e.size()).norm().item_float();
                assertThat(norm).as(e.name()).isPositive();
            }
        }
    }
}
