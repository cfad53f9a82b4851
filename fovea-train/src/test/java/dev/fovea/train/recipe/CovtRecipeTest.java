package dev.fovea.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.path.Wording;
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
import dev.fovea.train.objective.ThoughtText.Form;
import dev.fovea.train.optim.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** CoVT's stages, on a model of two layers and 256 visual tokens with random weights. */
class CovtRecipeTest extends OnRandomPeek {
    private static final TechniqueSize SMALL = new TechniqueSize("small", 15, 1, 1, 40, 1e-3, 1, 15);

    @Test
    void stoppedAndResumedIsTheSameToTheBit() throws IOException {
        byte[] before = Files.readAllBytes(model.resolve("model.safetensors"));
        Path whole = runs.stoppedAndResumed(folder, "covt:experts=all,rank=4", 2);
        JsonNode card = TrainingRuns.card(whole);
        assertThat(card.at("/knobs/experts").asText()).isEqualTo("all");
        assertThat(card.at("/knobs/rank").asText()).isEqualTo("4");
        for (String figure :
                List.of("accuracy", "without_thought", "mask_overlap", "depth_error", "edge_error", "loss")) {
            assertThat(card.at("/figures/held_out_" + figure).isNumber())
                    .as(figure)
                    .isTrue();
        }
        assertThat(Files.readAllBytes(model.resolve("model.safetensors")))
                .as("what experts look with stands still")
                .isEqualTo(before);
        List<float[]> states = runs.finalStates(
                Budget.full(), "covt:weights=" + whole, "covt:weights=" + whole, "covt:weights=untrained", "full");
        assertThat(states.get(1)).containsExactly(states.get(0));
        assertThat(states.get(2)).isNotEqualTo(states.get(0)).containsExactly(states.get(3));
    }

    /** What a test does with a technique that learns. */
    private interface Use {
        void of(Learning learning, List<Stage<AnswerBatch>> stages);
    }

    private static void learning(Map<String, String> knobs, Use use) {
        LearnedTechnique technique = (LearnedTechnique) Techniques.installed().get("covt");
        try (BaseModel base = BaseModel.open(model, Precision.F32);
                Parameters p = new Parameters(1)) {
            Learning learning = Learning.begin(base, p, technique, Knobs.of(technique.card(), knobs), List.of(), SMALL);
            List<Stage<AnswerBatch>> stages = new ArrayList<>();
            for (Stage<?> stage : new CovtRecipe().stages(learning)) {
                @SuppressWarnings("unchecked")
                Stage<AnswerBatch> own = (Stage<AnswerBatch>) stage;
                stages.add(own);
            }
            use.of(learning, stages);
        }
    }

    @Test
    void stagesFollowEachOtherAsThePaperHasThem() {
        assertThat(IntStream.range(0, 11)
                        .mapToObj(step -> CovtRecipe.form(step, 11))
                        .toList())
                .containsExactly(
                        Form.GENERATION,
                        Form.GENERATION,
                        Form.GENERATION,
                        Form.REASONING,
                        Form.REASONING,
                        Form.REASONING,
                        Form.EFFICIENT,
                        Form.EFFICIENT,
                        Form.EFFICIENT,
                        Form.EFFICIENT,
                        Form.EFFICIENT);
        learning(
                Map.of(),
                (learning, stages) -> assertThat(
                                stages.stream().map(s -> s.schedule().steps()).toList())
                        .containsExactly(4L, 11L));
    }

    private static double norm(Parameters p, String name) {
        Tensor gradient = Objects.requireNonNull(p.asMap().get(name)).grad();
        return gradient.norm().item_float();
    }

    /**
     * Gradients reach words, heads, and the additions to both models, through what the heads are held against; a step
     * moves no tensor but those, and no row of the model's own vocabulary.
     */
    @Test
    void gradientsReachWhatLearnsAndNothingElseMoves() {
        learning(Map.of("experts", "all"), (learning, stages) -> {
            Parameters p = learning.parameters();
            Map<String, float[]> model = new LinkedHashMap<>();
            for (String name : List.of(
                    "text.embed_tokens.weight",
                    "text.layers.0.self_attn.q_proj.weight",
                    "vision.layers.0.mlp.fc1.weight")) {
                model.put(name, values(learning, name));
            }
            // Losses alone of what the thought holds: the heads and what is in front of them, not the words' head.
            try (Scope ignored = Scope.training()) {
                Measured m = stages.getLast().objective().measure(batch(stages, 3), true);
                m.loss().backward();
                assertThat(m.loss().item_float()).isFinite();
            }
            for (String name : List.of(
                    "words.embedding",
                    "words.head",
                    "seg.queries",
                    "seg.project.weight",
                    "depth.hidden.weight",
                    "feature.attention.in.weight",
                    "edge.attention.out.weight",
                    "text.layers.0.self_attn.q_proj.weight.up",
                    "vision.layers.0.mlp.fc1.weight.up")) {
                assertThat(norm(p, name)).as(name).isPositive();
            }
            float[] rows = Tensors.floats(p.get("words.embedding"));
            try (Optimizer optimizer = new Optimizer(p, Optimizer.Settings.adamW(), e -> true)) {
                optimizer.step(1e-2);
            }
            assertThat(Tensors.floats(p.get("words.embedding"))).isNotEqualTo(rows);
            model.forEach((name, before) ->
                    assertThat(values(learning, name)).as(name).containsExactly(before));
        });
    }

    private static AnswerBatch batch(List<Stage<AnswerBatch>> stages, long number) {
        return stages.getLast().batches().apply(number);
    }

    private static float[] values(Learning learning, String name) {
        try (Scope ignored = Scope.inference()) {
            boolean table = name.contains("embed");
            var shape = learning.shape();
            long[] sizes = table
                    ? new long[] {shape.vocabulary(), shape.decoderWidth()}
                    : name.contains("fc1")
                            ? new long[] {shape.encoderMlp(), shape.encoderWidth()}
                            : new long[] {shape.decoderQueryWidth(), shape.decoderWidth()};
            return Tensors.floats(learning.base().weights().tensor(name, sizes));
        }
    }

    /** Without heads the words alone are learned: of "empty" thoughts, of none, and once their share of steps is over. */
    @Test
    void thoughtsMayBeEmptyOrOff() {
        for (Map<String, String> knobs : List.of(
                Map.of("thoughts", "empty"), Map.of("thoughts", "off"), Map.of("until", "0"), Map.of("gamma", "0"))) {
            learning(knobs, (learning, stages) -> {
                try (Scope ignored = Scope.training()) {
                    Measured m = stages.getLast().objective().measure(batch(stages, 4), true);
                    m.loss().backward();
                    assertThat(m.accuracies()).as("" + knobs).doesNotContainKey("mask_overlap");
                }
                assertThat(norm(learning.parameters(), "seg.queries")).isZero();
                boolean off = "off".equals(knobs.get("thoughts"));
                double words = norm(learning.parameters(), "words.embedding");
                assertThat(words > 0).isEqualTo(!off);
            });
        }
    }

    /** The code's factors and losses change what the heads lose, and leave the words' loss alone. */
    @Test
    void knobsChangeTheLoss() {
        double[] losses = new double[5];
        List<Map<String, String>> all = List.of(
                Map.of(),
                Map.of("factors", "code"),
                Map.of("seg", "focal"),
                Map.of("gamma", "2"),
                Map.of("gamma", "0"));
        for (int i = 0; i < losses.length; i++) {
            int at = i;
            learning(all.get(i), (learning, stages) -> {
                try (Scope ignored = Scope.inference()) {
                    losses[at] = stages.getLast()
                            .objective()
                            .measure(batch(stages, 4), false)
                            .loss()
                            .item_float();
                }
            });
        }
        assertThat(losses[1]).isLessThan(losses[0]);
        assertThat(losses[2]).isNotEqualTo(losses[0]);
        assertThat(losses[3] - losses[4]).isCloseTo(2 * (losses[0] - losses[4]), within(1e-4));
    }

    /** Eight, four and four words between the marks of a group; those of a response are learned, those of a prompt not. */
    @Test
    void wordsOfThoughtsAreThoseOfThePlan() {
        learning(Map.of(), (learning, stages) -> {
            PlanRun run = PlanRun.of(learning.plan(Budget.full()), PlanRun.Question.none(), null);
            Wording wording = Objects.requireNonNull(run.wording());
            assertThat(wording.groups().stream().mapToInt(Wording.Group::count).toArray())
                    .isEqualTo(new int[] {8, 4, 4});
            try (Scope ignored = Scope.inference()) {
                var net = learning.base().with(run.additions());
                int first = learning.shape().vocabulary();
                Tensor both = net.decoder().embed(new int[] {1, first, 5, first + 9});
                assertThat(Tensors.floats(both.select(0, 0)))
                        .containsExactly(
                                Tensors.floats(learning.base().plain().decoder().embed(new int[] {1})));
                float[] rows = Tensors.floats(learning.parameters().get("words.embedding"));
                int width = learning.shape().decoderWidth();
                assertThat(Tensors.floats(both.select(0, 1))).containsExactly(Arrays.copyOf(rows, width));
                assertThat(Tensors.floats(both.select(0, 3)))
                        .containsExactly(Arrays.copyOfRange(rows, 9 * width, 10 * width));
                assertThat(net.decoder().logits(both).size(1)).isEqualTo(first + 10);
            }
        });
    }
}
