package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Plans that add to the model's weights: the model under each of them, side by side. */
class AdaptedModelsTest {
    private static final Golden GOLDEN = Golden.mha();
    private static final Description DESCRIPTION = Families.read(GOLDEN.folder).description();
    private static final Weights WEIGHTS =
            MappedWeights.of(Checkpoint.open(GOLDEN.folder), DType.F32, DESCRIPTION.renames());
    private static final AtomicInteger MADE = new AtomicInteger();
    private static final PathEngine ENGINE =
            new PathEngine(DESCRIPTION.load(WEIGHTS, null), AdaptedModelsTest::adapted);
    private static final String QUERY = "text.layers.1.self_attn.q_proj.weight";
    private static final String CONNECTOR = "connector.linear_1.weight";
    private static final String ENCODER = "vision.layers.0.mlp.fc1.weight";

    private static ModelParts adapted(Additions additions) {
        MADE.incrementAndGet();
        return DESCRIPTION.load(AddedWeights.of(WEIGHTS, additions), null);
    }

    private static Tensor random(int seed, long... shape) {
        torch.manual_seed(seed);
        return Tensors.scale(torch.randn(shape), 0.3);
    }

    private static Additions additions(int seed) {
        Map<String, Addition> all = new LinkedHashMap<>();
        for (String name : List.of(QUERY, CONNECTOR, ENCODER)) {
            long[] shape = Tensors.shape(WEIGHTS.stored(name, shape(name)));
            all.put(name, new Addition.LowRank(random(seed, 3, shape[1]), random(seed + 1, shape[0], 3), 0.5));
        }
        all.put("text.norm.weight", new Addition.Difference(random(seed + 2, 48)));
        return new Additions(all);
    }

    private static long[] shape(String name) {
        return switch (name) {
            case QUERY -> new long[] {48, 48};
            case CONNECTOR -> new long[] {48, 32};
            default -> new long[] {64, 32};
        };
    }

    private static PlanRun run(Additions additions) {
        return PlanRun.of(
                Plan.of(
                        "learned",
                        new Step(new Station.Weights(), List.of(), s -> Outcome.of(new Decision.Adapt(additions)))),
                PlanRun.Question.none(),
                null);
    }

    private static PathEngine.Prompt prompt(PlanRun run) {
        List<EncodedImage> images = ENGINE.encode(List.of(GOLDEN.image(0, run)));
        return new PathEngine.Prompt("", GOLDEN.ids("one_image"), images, run, 4);
    }

    /** Logits behind each prompt and behind one more token. */
    private static List<float[]> logits(PlanRun... runs) {
        List<PathEngine.Prompt> prompts = new ArrayList<>();
        for (PlanRun run : runs) {
            prompts.add(prompt(run));
        }
        List<PromptState> states = ENGINE.prefill(prompts);
        List<float[]> out = new ArrayList<>();
        states.forEach(s -> out.add(s.logits()));
        ENGINE.extend(states, states.stream().map(s -> new int[] {77}).toList());
        states.forEach(s -> out.add(s.logits()));
        states.forEach(PromptState::close);
        return out;
    }

    @Test
    void severalPlansAnswerInOneBatchAsEachDoesAlone() {
        PlanRun plain = PlanRun.plain();
        PlanRun one = run(additions(1));
        PlanRun other = run(additions(10));
        List<float[]> together = logits(one, plain, other, one);
        List<float[]> alone = new ArrayList<>();
        List.of(one, plain, other, one).forEach(r -> alone.add(logits(r).get(0)));
        List.of(one, plain, other, one).forEach(r -> alone.add(logits(r).get(1)));
        for (int i = 0; i < together.size(); i++) {
            Golden.assertClose(together.get(i), alone.get(i), "logits " + i);
        }
        assertThat(together.get(0)).isNotEqualTo(together.get(1)).isNotEqualTo(together.get(2));
        assertThat(together.get(1)).isNotEqualTo(together.get(2));
    }

    @Test
    void thePlainModelStaysAsItIs() {
        float[] before = logits(PlanRun.plain()).getFirst();
        logits(run(additions(1)));
        assertThat(logits(PlanRun.plain()).getFirst()).containsExactly(before);
        Map<String, Addition> nothing = new LinkedHashMap<>();
        nothing.put(QUERY, new Addition.LowRank(random(3, 2, 48), Tensors.zeros(DType.F32, 48, 2), 1));
        assertThat(logits(run(new Additions(nothing))).getFirst()).containsExactly(before);
    }

    @Test
    void theSumIsWhatItSays() {
        try (Scope ignored = Scope.inference()) {
            Additions additions = additions(5);
            Tensor base = WEIGHTS.tensor(QUERY, 48, 48);
            Addition.LowRank low =
                    (Addition.LowRank) Objects.requireNonNull(additions.byName().get(QUERY));
            Tensor sum =
                    AddedWeights.of(WEIGHTS, additions).under("text.layers.1.").tensor(QUERY.substring(14), 48, 48);
            float[] expected = Tensors.floats(base.add(Tensors.scale(low.up().matmul(low.down()), 0.5)));
            Golden.assertClose(Tensors.floats(sum), expected, "sum");
            assertThat(Tensors.floats(WEIGHTS.tensor(QUERY, 48, 48))).containsExactly(Tensors.floats(base));
        }
    }

    @Test
    void aPlanThatComesAgainFindsItsModelReady() {
        Additions additions = additions(20);
        logits(run(additions));
        int made = MADE.get();
        logits(run(new Additions(new LinkedHashMap<>(additions.byName()))));
        assertThat(MADE.get()).isEqualTo(made);
    }

    @Test
    void additionsThatMoveAreInTheGraph() {
        try (Scope ignored = Scope.training()) {
            Tensor up = Tensors.zeros(DType.F32, 48, 2).set_requires_grad(true);
            Additions additions = new Additions(Map.of(QUERY, new Addition.LowRank(random(1, 2, 48), up, 1)));
            assertThat(additions.moves()).isTrue();
            TrainingPath path = TrainingPath.of(adapted(additions));
            EncodedImage image = GOLDEN.engine
                    .encode(List.of(GOLDEN.image(0, PlanRun.plain())))
                    .getFirst();
            path.logits(List.of(new TrainingPath.Prompt(
                            List.of(
                                    new TrainingPath.Span.Words(new int[] {1}),
                                    new TrainingPath.Span.Picture(image),
                                    new TrainingPath.Span.Words(new int[] {30, 31, 32})),
                            PlanRun.plain(),
                            null,
                            null,
                            new int[] {2, 3})))
                    .square()
                    .sum()
                    .backward();
            assertThat(up.grad().norm().item_float()).isPositive();
        }
    }

    private static PlanRun ofTiles(Additions all, Additions tiles) {
        return PlanRun.of(
                Plan.of(
                        "learned",
                        new Step(new Station.Weights(), List.of(), s -> Outcome.of(new Decision.Adapt(all, tiles)))),
                PlanRun.Question.none(),
                null);
    }

    private static float[] features(Part part, PlanRun run) {
        ImageInput whole = GOLDEN.image(0, run);
        ImageInput image =
                new ImageInput(whole.pixels(), 0, part, whole.raw(), "image.", run, whole.source(), null, null);
        try (EncodedImage encoded = ENGINE.encode(List.of(image)).getFirst()) {
            return Tensors.floats(encoded.features().get());
        }
    }

    /** What is added for tiles alone changes nothing else, and where both name a tensor it holds for tiles. */
    @Test
    void tilesMayHaveAnEncoderOfTheirOwn() {
        Additions one = only(additions(1), ENCODER);
        Additions other = only(additions(10), ENCODER);
        float[] plain = features(new Part.Tile(0, 0), PlanRun.plain());
        float[] first = features(new Part.Whole(), run(one));
        float[] second = features(new Part.Whole(), run(other));
        assertThat(first).isNotEqualTo(plain).isNotEqualTo(second);
        PlanRun local = ofTiles(Additions.none(), one);
        assertThat(features(new Part.Tile(1, 2), local)).containsExactly(first);
        assertThat(features(new Part.Overview(), local)).containsExactly(plain);
        assertThat(features(new Part.Whole(), local)).containsExactly(plain);
        assertThat(local.additions().isEmpty()).as("the language model's").isTrue();
        PlanRun both = ofTiles(other, one);
        assertThat(features(new Part.Tile(1, 2), both)).containsExactly(first);
        assertThat(features(new Part.Overview(), both)).containsExactly(second);
        assertThatThrownBy(() -> ofTiles(Additions.none(), additions(1)))
                .hasMessageMatching(
                        "Technique 'learned' changes '.*' for tiles alone, which only the encoder's weights can be, at weights\\.");
    }

    private static Additions only(Additions additions, String name) {
        return new Additions(
                Map.of(name, Objects.requireNonNull(additions.byName().get(name))));
    }

    @Test
    void whatDoesNotFitIsOneSentence() {
        Additions unknown = new Additions(Map.of("text.layers.9.x", new Addition.Difference(random(1, 2))));
        assertThatThrownBy(() -> logits(run(unknown)))
                .hasMessage(
                        "A plan changes the weights of 'text.layers.9.x', which this model does not have; it was made"
                                + " for another one.");
        Additions other = new Additions(Map.of(QUERY, new Addition.Difference(random(1, 7, 48))));
        assertThatThrownBy(() -> logits(run(other)))
                .hasMessage("A plan adds a difference of shape [7, 48] to '" + QUERY
                        + "', which has shape [48, 48] in this model.");
        assertThatThrownBy(() -> new PathEngine(GOLDEN.model).encode(List.of(GOLDEN.image(0, run(additions(1))))))
                .hasMessageContaining("cannot be changed here");
    }
}
