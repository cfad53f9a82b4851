package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.ExitObjective;
import dev.fovea.train.objective.ExitObjective.Example;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.text.WorldTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** DyVTE's gates, trained for a model of two layers with random weights. */
class DyvteRecipeTest extends OnRandomPeek {
    private static final TechniqueSize SIZE = new TechniqueSize("test", 24, 2, 1, 90, 1e-3, 2, 24);

    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        Path whole = runs.stoppedAndResumed(folder, "dyvte", 2);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.at("/knobs/width").asText()).isEqualTo("auto");
        assertThat(card.at("/figures/held_out_may_leave_1").asDouble()).isEqualTo(1);
        assertThat(card.at("/figures/held_out_gate_0").isNumber()).isTrue();
        answersAreThoseOfTheWeightsThatWereWritten(whole);
    }

    private void answersAreThoseOfTheWeightsThatWereWritten(Path weights) {
        List<float[]> states =
                runs.finalStates(Budget.count(16), "dyvte:weights=" + weights, "dyvte:weights=" + weights);
        assertThat(states.get(1)).containsExactly(states.get(0));
    }

    private record Bench(BaseModel base, Parameters parameters, Learning learning, ExitObjective objective)
            implements AutoCloseable {
        static Bench open() {
            BaseModel base = BaseModel.open(model, Precision.F32);
            Parameters p = new Parameters(1);
            LearnedTechnique technique =
                    (LearnedTechnique) Techniques.installed().get("dyvte");
            Learning learning = Learning.begin(base, p, technique, Knobs.defaults(technique.card()), List.of(), SIZE);
            var gates = technique.predictors(learning.shape(), learning.knobs());
            return new Bench(
                    base,
                    p,
                    learning,
                    new ExitObjective(base.plain(), layer -> gates.get("gates." + layer), learning.own()));
        }

        @SuppressWarnings("unchecked")
        Stage<AnswerBatch> stage() {
            return (Stage<AnswerBatch>) new DyvteRecipe().stages(learning).getFirst();
        }

        @Override
        public void close() {
            parameters.close();
            base.close();
        }
    }

    /** Behind the last layer nothing is missing: every label is yes, and its gate learns to say so without fail. */
    @Test
    void behindTheLastLayerTheyMayAlwaysLeave() {
        try (Bench bench = Bench.open();
                Optimizer optimizer =
                        new Optimizer(bench.parameters(), bench.stage().settings(), e -> true)) {
            int last = bench.learning().shape().decoderLayers() - 1;
            for (int i = 0; i < 20; i++) {
                AnswerBatch batch = bench.learning().questions().batch(i);
                try (Scope ignored = Scope.training()) {
                    Measured m = bench.objective().apply(batch, true);
                    assertThat(Objects.requireNonNull(m.accuracies().get("may_leave_" + last))
                                    .value())
                            .isEqualTo(1);
                    m.loss().backward();
                }
                optimizer.step(1e-2);
            }
            try (Scope ignored = Scope.inference()) {
                Measured m =
                        bench.objective().apply(bench.learning().questions().batch(99), true);
                Share gate = Objects.requireNonNull(m.accuracies().get("gate_" + last));
                assertThat(gate.value()).isEqualTo(1);
                assertThat(gate.all()).isGreaterThan(4);
            }
        }
    }

    /** What a gate learns from is what it will see: a question packed with others is one that is asked alone. */
    @Test
    void aPackedQuestionIsTheOneThatIsAsked() {
        try (Bench bench = Bench.open()) {
            AnswerBatch batch = bench.learning().questions().batch(0);
            List<Example> first = bench.objective().examples(batch, 0).getFirst();
            List<Example> last = bench.objective().examples(batch, 1).getFirst();
            assertThat(first).hasSameSizeAs(batch.targets().asked()).hasSameSizeAs(last);
            for (int a = 0; a < first.size(); a += 2) {
                Matrix alone = alone(bench.base(), batch, a);
                Matrix packed = first.get(a).question();
                assertThat(packed.rows()).isEqualTo(alone.rows());
                assertThat(last.get(a).question().rows()).isEqualTo(alone.rows());
                for (int i = 0; i < alone.data().length; i++) {
                    assertThat(packed.data()[i]).isCloseTo(alone.data()[i], within(1e-3f));
                }
            }
        }
    }

    /** States of a question's words behind the first layer, when nothing else is asked. */
    private static Matrix alone(BaseModel base, AnswerBatch batch, int answer) {
        int row = IntStream.range(0, batch.targets().rows().length)
                .filter(i -> batch.targets().answer()[i] == answer)
                .map(i -> batch.targets().rows()[i])
                .findFirst()
                .orElseThrow();
        int sample = row / batch.length();
        int end = row % batch.length() - AnswerBatch.LEAD - batch.visual();
        int of = sample * batch.text();
        int[] words = IntStream.rangeClosed(0, end)
                .filter(i -> batch.segments()[of + i] == batch.segments()[of + end])
                .map(i -> batch.tokens()[of + i])
                .toArray();
        int[] lead = {WorldTokenizer.BOS, WorldTokenizer.USER, WorldTokenizer.IMAGE};
        int[] ids = IntStream.concat(Arrays.stream(lead), Arrays.stream(words)).toArray();
        var states = new Signal.DecoderHidden(Signal.PromptTokens.INSTRUCTION, false);
        List<Matrix> seen = new ArrayList<>();
        PlanRun run = PlanRun.of(
                Plan.of("spy", new Step(new Station.Decoder(1), List.of(states), s -> {
                    seen.add(s.get(states));
                    return Outcome.of(new Decision.Unchanged());
                })),
                PlanRun.Question.none(),
                null);
        PathEngine engine = new PathEngine(base.plain());
        Tensor pixels = Tensors.of(batch.scenes().get(sample).pixels(), 16, 16, 3, 14, 14)
                .permute(2, 0, 3, 1, 4)
                .reshape(3, 224, 224);
        EncodedImage image = engine.encode(List.of(new ImageInput(pixels, () -> pixels, "", run)))
                .getFirst();
        engine.prefill(List.of(new PathEngine.Prompt("", ids, List.of(image), run, 1)))
                .forEach(PromptState::close);
        image.close();
        return seen.getFirst();
    }

    /** Every step teaches every gate, each held-out batch is measured alike, and nothing decays. */
    @Test
    void aStepTeachesEveryGate() {
        try (Bench bench = Bench.open()) {
            Stage<AnswerBatch> stage = bench.stage();
            try (Scope ignored = Scope.training()) {
                Measured m = stage.objective().measure(stage.batches().apply(0), true);
                assertThat(m.accuracies())
                        .containsOnlyKeys("accuracy", "gate_0", "gate_1", "may_leave_0", "may_leave_1");
                m.loss().backward();
                for (Tensor parameter : bench.parameters().asMap().values()) {
                    float[] gradient = Tensors.floats(parameter.grad());
                    assertThat(gradient).isNotEqualTo(new float[gradient.length]);
                }
            }
            try (Scope ignored = Scope.inference()) {
                Measured held = stage.evaluation()
                        .measure()
                        .apply(stage.evaluation().batches().getFirst());
                assertThat(held.accuracies()).containsKeys("gate_0", "gate_1", "accuracy");
            }
            assertThat(stage.settings().weightDecay()).isZero();
        }
    }
}
