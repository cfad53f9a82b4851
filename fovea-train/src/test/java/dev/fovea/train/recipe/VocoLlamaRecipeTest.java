package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.report.Figures;
import dev.fovea.world.SceneOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Training under VoCo-LLaMA's mask, on a model of two layers and 256 visual tokens with random weights. */
class VocoLlamaRecipeTest extends OnRandomPeek {
    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        Path whole = runs.stoppedAndResumed(folder, "voco-llama:mask=paper", 2);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.at("/knobs/mask").asText()).isEqualTo("paper");
        assertThat(card.at("/knobs/most").asText()).isEqualTo("8");
        for (int n : new int[] {1, 2, 4, 8}) {
            assertThat(card.at("/figures/held_out_tokens_" + n).isNumber()).isTrue();
        }
        answersAreThoseOfTheWeightsThatWereWritten(whole);
    }

    /** The mask of the card holds where the weights are used; opened again they answer the same, in one pass or two. */
    private void answersAreThoseOfTheWeightsThatWereWritten(Path weights) {
        OpenOptions exact = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);
        RgbImage picture = TrainingRuns.picture(SceneOptions.defaults());
        List<float[]> states = new ArrayList<>();
        for (String knobs : List.of("", "", ",mask=paper", ",mask=code", ",cache=all")) {
            states.add(runs.finalState(picture, exact, "voco-llama:weights=" + weights + knobs, Budget.count(4)));
        }
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(2)).containsExactly(states.get(0));
        assertThat(states.get(3)).isNotEqualTo(states.get(0));
        for (int i = 0; i < states.get(0).length; i++) {
            assertThat(states.get(4)[i]).isCloseTo(states.get(0)[i], within(1e-3f));
        }
    }

    private static final TechniqueSize EIGHT = new TechniqueSize("eight", 8, 1, 1, 40, 1e-3, 1, 8);

    /** Every batch has a count drawn anew, the same whenever it comes; what is learned gets a gradient. */
    @Test
    void countsAreDrawnAndWeightsLearn() {
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get("voco-llama");
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning =
                    Learning.begin(base, p, technique, Knobs.of(technique.card(), Map.of()), List.of(), EIGHT);
            @SuppressWarnings("unchecked")
            Stage<AnswerBatch> stage =
                    (Stage<AnswerBatch>) new VocoLlamaRecipe().stages(learning).getFirst();
            Set<Integer> drawn = new HashSet<>();
            for (int i = 0; i < 16; i++) {
                try (Scope ignored = Scope.training()) {
                    Measured m = stage.objective().measure(stage.batches().apply(i), true);
                    // Two layers, of 256 vision tokens and as many compression tokens as were drawn.
                    drawn.add((int) (Objects.requireNonNull(m.costs().get(Figures.TOKEN_LAYERS)) / 2) - 256);
                    if (i == 0) {
                        m.loss().backward();
                        float token =
                                Tensors.floats(Objects.requireNonNull(p.asMap().get("token"))
                                        .grad()
                                        .norm())[0];
                        assertThat(token).isPositive();
                    }
                }
            }
            assertThat(drawn).containsExactlyInAnyOrder(1, 2, 4, 8);
        }
    }

    @Test
    void oneCountMayBeAskedFor() throws IOException {
        Path weights = folder.resolve("weights");
        try (TechniqueTraining training = runs.quick(folder.resolve("run"), "voco-llama:n=2,rank=4", () -> false)) {
            training.run(weights);
        }
        JsonNode card = new ObjectMapper().readTree(weights.resolve("card.json").toFile());
        assertThat(card.at("/figures/held_out_tokens_2").isNumber()).isTrue();
        assertThat(card.at("/figures").has("held_out_tokens_1")).isFalse();
        assertThat(card.at("/knobs/rank").asText()).isEqualTo("4");
        assertThat(card.at("/knobs/n").asText()).isEqualTo("2");
    }
}
