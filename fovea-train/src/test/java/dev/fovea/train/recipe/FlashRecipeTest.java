package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.Asked;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.text.WorldTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** FLASH's draft, trained for a model of two layers with random weights. */
class FlashRecipeTest extends OnRandomPeek {
    private static final TechniqueSize SMALL = new TechniqueSize("small", 20, 2, 2, 60, 3e-3, 2, 20);

    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        byte[] before = Files.readAllBytes(model.resolve("model.safetensors"));
        Path whole = runs.stoppedAndResumed(folder, "flash:c=8,k=3", 2);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.at("/knobs/k").asText()).isEqualTo("3");
        assertThat(card.at("/knobs/c").asText()).isEqualTo("8");
        assertThat(card.at("/knobs").has("most")).isFalse();
        for (String figure : List.of("accuracy", "loss", "slot_1", "slot_2", "slot_3", "in_a_row")) {
            assertThat(card.at("/figures/held_out_" + figure).isNumber())
                    .as(figure)
                    .isTrue();
        }
        assertThat(Files.readAllBytes(model.resolve("model.safetensors"))).isEqualTo(before);
    }

    /** What a test does with a draft that learns. */
    private interface Use {
        void of(Learning learning, Stage<AnswerBatch> stage);
    }

    private static void learning(TechniqueSize size, Use use) {
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get("flash");
        Knobs knobs = Knobs.of(technique.card(), Map.of("c", "8"));
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning = Learning.begin(base, p, technique, knobs, List.of(), size);
            @SuppressWarnings("unchecked")
            Stage<AnswerBatch> stage =
                    (Stage<AnswerBatch>) new FlashRecipe().stages(learning).getFirst();
            use.of(learning, stage);
        }
    }

    /** Every weight of the draft learns from one batch of descriptions; the same batch gives the same loss. */
    @Test
    void gradientsReachEverything() {
        learning(SMALL, (learning, stage) -> {
            AnswerBatch batch = stage.batches().apply(0);
            double first;
            try (Scope ignored = Scope.training()) {
                Measured m = stage.objective().measure(batch, true);
                m.loss().backward();
                first = m.loss().item_float();
                assertThat(m.accuracies()).containsKeys("accuracy", "slot_1", "slot_4", "in_a_row");
            }
            learning.parameters().asMap().forEach((name, p) -> {
                Tensor gradient = p.grad();
                // A bias of all keys moves all scores of a row alike, which the softmax takes out.
                if (!name.equals("attention.k_proj.bias")) {
                    assertThat(gradient.norm().item_float()).as(name).isGreaterThan(0);
                }
                assertThat(gradient.norm().item_float()).as(name).isFinite();
            });
            try (Scope ignored = Scope.inference()) {
                assertThat((double)
                                stage.objective().measure(batch, false).loss().item_float())
                        .isCloseTo(first, within(1e-6));
            }
        });
    }

    /** A few steps bring the draft closer to what the model says. */
    @Test
    void itLearns() {
        learning(SMALL, (learning, stage) -> {
            List<AnswerBatch> held = stage.evaluation().batches();
            double before = loss(stage, held);
            try (Optimizer optimizer = new Optimizer(learning.parameters(), stage.settings(), e -> true)) {
                for (int step = 0; step < 12; step++) {
                    try (Scope ignored = Scope.training()) {
                        stage.objective()
                                .measure(stage.batches().apply(step), false)
                                .loss()
                                .backward();
                    }
                    optimizer.step(3e-3);
                }
            }
            assertThat(loss(stage, held)).isLessThan(0.93 * before);
        });
    }

    private static double loss(Stage<AnswerBatch> stage, List<AnswerBatch> batches) {
        double sum = 0;
        for (AnswerBatch batch : batches) {
            try (Scope ignored = Scope.inference()) {
                sum += stage.evaluation().measure().apply(batch).loss().item_float();
            }
        }
        return sum;
    }

    /** Descriptions and questions take turns, about other pictures each and none that is measured on. */
    @Test
    void descriptionsAndQuestionsTakeTurns() {
        learning(SMALL, (learning, stage) -> {
            assertThat(Asked.of(stage.batches().apply(0)).getFirst()).hasSizeBetween(1, 2);
            assertThat(Asked.of(stage.batches().apply(1)).getFirst()).hasSizeGreaterThan(2);
            List<float[]> pictures = new ArrayList<>();
            LongStream.range(0, 4)
                    .mapToObj(stage.batches())
                    .forEach(b -> b.scenes().forEach(s -> pictures.add(s.pixels())));
            stage.evaluation().batches().forEach(b -> b.scenes().forEach(s -> pictures.add(s.pixels())));
            assertThat(pictures.stream().map(Arrays::hashCode)).doesNotHaveDuplicates();
        });
    }

    /** Each question is what stands in front of its answer, to the mark of the answer's beginning. */
    @Test
    void questionsAreTakenApart() {
        learning(SMALL, (learning, stage) -> {
            AnswerBatch batch = stage.batches().apply(1);
            List<List<int[]>> asked = Asked.of(batch);
            assertThat(asked).hasSize(batch.samples());
            assertThat(asked.stream().mapToInt(List::size).sum())
                    .isEqualTo(batch.targets().asked().size());
            for (int a = 0; a < batch.targets().asked().size(); a++) {
                AnswerBatch.Place place = batch.place(a);
                int number = (int) IntStream.range(0, a)
                        .filter(o -> batch.place(o).sample() == place.sample())
                        .count();
                int[] words = asked.get(place.sample()).get(number);
                assertThat(words[words.length - 1]).isEqualTo(WorldTokenizer.ASSISTANT);
                String text = learning.base()
                        .tokenizer()
                        .decode(Arrays.stream(words).asLongStream().toArray());
                assertThat(text).contains(batch.targets().asked().get(a).text());
            }
        });
    }

    @Test
    void slotsGoByTheirOwnGuessesMoreAndMore() {
        assertThat(FlashRecipe.own(0, 100)).isZero();
        assertThat(FlashRecipe.own(9, 100)).isZero();
        assertThat(FlashRecipe.own(55, 100)).isCloseTo(0.1, within(1e-9));
        assertThat(FlashRecipe.own(100, 100)).isCloseTo(0.2, within(1e-9));
        assertThat(FlashRecipe.own(1000, 100)).isCloseTo(0.2, within(1e-9));
    }
}
