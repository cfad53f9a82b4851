package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.model.AddedWeights;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.language.Beside;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Recording;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a picture adds beside the weights of the language model, for its own prompt alone. */
class PromptFactorsTest {
    private static final Signal.Features FEATURES = new Signal.Features();
    private static final int RANK = 3;

    private record Model(Golden golden, Weights weights, PathEngine engine) {
        static Model of(String name) {
            Golden golden = Golden.of(name);
            Description description = Families.read(golden.folder).description();
            Weights weights = MappedWeights.of(Checkpoint.open(golden.folder), DType.F32, description.renames());
            return new Model(
                    golden,
                    weights,
                    new PathEngine(
                            description.load(weights, null), a -> description.load(AddedWeights.of(weights, a), null)));
        }

        int width() {
            return engine.model().decoder().options().width();
        }

        /** Outputs and inputs of what is added to. */
        long[] shape(String site) {
            var attention = engine.model().decoder().layers().getFirst().attention();
            return switch (site) {
                case "mlp" -> new long[] {width(), width()};
                case "k", "v" -> new long[] {attention.key().outputs(), width()};
                case "q" -> new long[] {attention.query().outputs(), width()};
                default -> new long[] {width(), attention.out().inputs()};
            };
        }
    }

    private static final Model MHA = Model.of("llava-mha");
    private static final Model GQA = Model.of("llava-gqa");

    private static Model model(String name) {
        return name.equals("llava-mha") ? MHA : GQA;
    }

    private static Tensor random(int seed, double std, long... shape) {
        torch.manual_seed(seed);
        return Tensors.scale(torch.randn(shape), std);
    }

    private static String name(int layer, String site) {
        return "text.layers." + layer + (site.equals("mlp") ? ".mlp" : ".self_attn." + site + "_proj.weight");
    }

    /** Factors in layers 1 and 2. */
    private static Additions factors(Model m, int seed, String... sites) {
        Map<String, Addition> all = new LinkedHashMap<>();
        for (int layer = 1; layer <= 2; layer++) {
            for (String site : sites) {
                long[] shape = m.shape(site);
                int s = seed + 100 * layer + site.hashCode();
                all.put(
                        name(layer, site),
                        new Addition.LowRank(random(s, 0.3, RANK, shape[1]), random(s + 1, 0.3, shape[0], RANK), 0.5));
            }
        }
        return new Additions(all);
    }

    private static final String[] ALL = {"q", "k", "v", "o", "mlp"};

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    private static Step adapt(Station station, Additions additions) {
        return new Step(station, List.of(), s -> Outcome.of(new Decision.Adapt(additions)));
    }

    private static Step leave(Station station) {
        return new Step(station, List.of(), s -> Outcome.of(new Decision.DropAllVisual(Decision.Positions.RENUMBERED)));
    }

    private static PathEngine.Prompt prompt(Model m, PlanRun run, String name) {
        List<EncodedImage> images = m.engine.encode(m.golden.pictures(name).stream()
                .map(which -> m.golden.image(which, run))
                .toList());
        return new PathEngine.Prompt("", m.golden.ids(name), images, run, 4);
    }

    /** Logits behind each prompt, behind one more token and behind three more. */
    private static List<float[]> logits(Model m, List<PathEngine.Prompt> prompts) {
        List<PromptState> states = m.engine.prefill(prompts);
        List<float[]> out = new ArrayList<>();
        states.forEach(s -> out.add(s.logits()));
        m.engine.extend(states, states.stream().map(s -> new int[] {77}).toList());
        states.forEach(s -> out.add(s.logits()));
        m.engine.extend(states, states.stream().map(s -> new int[] {9, 30, 31}).toList());
        states.forEach(s -> out.add(s.logits()));
        states.forEach(PromptState::close);
        return out;
    }

    /** W + B A and W with the product beside it: the same numbers, for keys and values of fewer heads too. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void besideTheWeightsIsAsAddedToThem(String name) {
        Model m = model(name);
        Additions additions = factors(m, 1, "q", "k", "v", "o");
        List<float[]> merged = logits(m, List.of(prompt(m, run(adapt(new Station.Weights(), additions)), "one_image")));
        for (Station station : List.of(new Station.Connector(), new Station.Projector())) {
            List<float[]> beside = logits(m, List.of(prompt(m, run(adapt(station, additions)), "one_image")));
            for (int i = 0; i < merged.size(); i++) {
                Golden.assertClose(beside.get(i), merged.get(i), station.label() + " " + i);
            }
        }
        float[] plain =
                logits(m, List.of(prompt(m, PlanRun.plain(), "one_image"))).getFirst();
        assertThat(farthest(merged.getFirst(), plain)).isGreaterThan(0.1);
    }

    private static double farthest(float[] a, float[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    /** What the model computes at once, with {@code (x down^T) up^T} added where it is said. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void everyMapAndTheWholeBlockByTheFormula(String name) {
        Model m = model(name);
        for (String site : ALL) {
            Additions additions = factors(m, 5, site);
            PlanRun run = run(adapt(new Station.Connector(), additions), leave(new Station.Prompt()));
            int[] words = Arrays.stream(m.golden.ids("one_image"))
                    .filter(id -> !m.engine.model().isPlaceholder(id))
                    .toArray();
            float[] naive;
            try (Scope ignored = Scope.inference()) {
                int[] stay = new int[words.length];
                Arrays.fill(stay, Integer.MAX_VALUE);
                naive = new NaiveDecoder(m.engine.model().decoder(), null, layer -> formula(layer, additions))
                        .logits(m.engine.model().decoder().embed(words), stay, true);
            }
            Golden.assertClose(logits(m, List.of(prompt(m, run, "one_image"))).getFirst(), naive, site);
        }
    }

    private static Beside formula(int layer, Additions additions) {
        return (place, output, input) -> {
            String site = switch (place) {
                case QUERY -> "q";
                case KEY -> "k";
                case VALUE -> "v";
                case OUT -> "o";
                case MLP -> "mlp";
            };
            Addition.LowRank low = (Addition.LowRank) additions.byName().get(name(layer, site));
            return low == null
                    ? output
                    : output.add(Tensors.scale(
                            input.matmul(low.down().t()).matmul(low.up().t()), low.scale()));
        };
    }

    /** Prompts with other factors, with none, without a picture, in one batch: each as it is alone. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void everyPromptInABatchHasItsOwn(String name) {
        Model m = model(name);
        List<PlanRun> runs = List.of(
                run(adapt(new Station.Connector(), factors(m, 1, ALL)), leave(new Station.Connector())),
                PlanRun.plain(),
                run(adapt(new Station.Projector(), factors(m, 20, "k", "mlp"))),
                run(
                        adapt(new Station.Connector(), factors(m, 7, ALL)),
                        lookingBack(),
                        new Step(
                                new Station.Decoder(2),
                                List.of(new Signal.DecoderAttention(
                                        1, Signal.DecoderQueries.LAST, Signal.KeyScope.ALL, true)),
                                s -> Outcome.of(Decision.Keep.of(1, 5)))));
        List<PathEngine.Prompt> prompts = new ArrayList<>();
        for (PlanRun run : runs) {
            prompts.add(prompt(m, run, "one_image"));
        }
        prompts.add(prompt(m, PlanRun.plain(), "text_only"));
        prompts.add(prompt(m, runs.getFirst(), "two_images"));
        List<float[]> together = logits(m, prompts);
        assertThat(together).hasSize(3 * prompts.size());
        for (int i = 0; i < prompts.size(); i++) {
            List<float[]> alone = logits(m, List.of(prompts.get(i)));
            for (int step = 0; step < 3; step++) {
                Golden.assertClose(
                        together.get(step * prompts.size() + i), alone.get(step), "prompt " + i + ", step " + step);
            }
        }
    }

    /** A step that looks at projections and drops a token before them, so that rows move while they are read. */
    private static Step lookingBack() {
        List<Signal<?>> needs = List.of(
                new Signal.DecoderProjection(1, Signal.Projection.QUERY, true),
                new Signal.DecoderLastProjection(1, Signal.Projection.QUERY, false));
        return new Step(
                new Station.Decoder(1),
                needs,
                s -> Outcome.of(Decision.Keep.of(
                        IntStream.range(1, s.layout().visualCount()).toArray())));
    }

    /** What a step sees in the language model is what the layers of this prompt compute. */
    @Test
    void signalsAreThoseOfTheChangedLayers() {
        Additions additions = factors(MHA, 3, "q", "k");
        List<float[]> seen = new ArrayList<>();
        var signal = new Signal.DecoderProjection(1, Signal.Projection.KEY, true);
        Step looking = new Step(new Station.Decoder(1), List.of(signal), s -> {
            seen.add(s.get(signal).data());
            return Outcome.of(new Decision.Unchanged());
        });
        PlanRun beside = run(adapt(new Station.Connector(), additions), looking);
        logits(MHA, List.of(prompt(MHA, PlanRun.plain(), "text_only"), prompt(MHA, beside, "one_image")));
        logits(MHA, List.of(prompt(MHA, run(adapt(new Station.Weights(), additions), looking), "one_image")));
        Golden.assertClose(seen.get(0), seen.get(1), "keys");
    }

    /** Two pictures of a prompt: what both add, together. */
    @Test
    void picturesOfAPromptAddUp() {
        Additions first = factors(MHA, 1, "q", "o");
        Additions second = factors(MHA, 50, "q", "v");
        float ofFirst = firstFeature(0);
        Step each = new Step(
                new Station.Connector(),
                List.of(FEATURES),
                s -> Outcome.of(new Decision.Adapt(
                        Math.abs(s.get(FEATURES).get(0, 0) - ofFirst) < 1e-4 ? first : second)));
        List<float[]> beside = logits(MHA, List.of(prompt(MHA, run(each), "two_images")));
        Map<String, Addition> sum = new LinkedHashMap<>(first.byName());
        try (Scope ignored = Scope.inference()) {
            second.byName()
                    .forEach((name, more) -> sum.merge(name, more, (a, b) -> {
                        Addition.LowRank x = (Addition.LowRank) a;
                        Addition.LowRank y = (Addition.LowRank) b;
                        Tensor dense = Tensors.scale(x.up().matmul(x.down()), 0.5)
                                .add(Tensors.scale(y.up().matmul(y.down()), 0.5));
                        return new Addition.Difference(dense);
                    }));
            List<float[]> merged = logits(
                    MHA, List.of(prompt(MHA, run(adapt(new Station.Weights(), new Additions(sum))), "two_images")));
            for (int i = 0; i < merged.size(); i++) {
                Golden.assertClose(beside.get(i), merged.get(i), "step " + i);
            }
        }
    }

    private static float firstFeature(int picture) {
        List<EncodedImage> image = MHA.engine.encode(List.of(MHA.golden.image(picture, PlanRun.plain())));
        // Behind the class token.
        return Tensors.floats(image.getFirst().features().get().narrow(0, 1, 1))[0];
    }

    /** All visual tokens may leave: the caches hold words, as many as a prompt without pictures has. */
    @Test
    void aPictureNeedNoToken() {
        PlanRun run = run(adapt(new Station.Connector(), factors(MHA, 1, ALL)), leave(new Station.Connector()));
        try (PromptState state = MHA.golden
                .engine
                .prefill(List.of(prompt(MHA, run, "one_image")))
                .getFirst()) {
            int words = MHA.golden.ids("one_image").length - 1;
            for (int layer = 0; layer < state.sequence().cache().layers(); layer++) {
                KvCache.Layer held = state.sequence().cache().layer(layer);
                assertThat(held.length()).isEqualTo(words);
                assertThat(held.positions())
                        .containsExactly(IntStream.range(0, words).toArray());
            }
            assertThat(state.ledger().kept()).isZero();
            long factors = 2L * 5 * 2 * RANK * 48 * 4;
            assertThat(state.bytes()).isGreaterThanOrEqualTo(factors);
        }
    }

    /** A prompt read in two parts, and one that goes back and on otherwise. */
    @Test
    void readInPartsAndReadAgain() {
        PlanRun run = run(adapt(new Station.Connector(), factors(MHA, 1, ALL)));
        PathEngine.Prompt whole = prompt(MHA, run, "one_image");
        float[] expected = logits(MHA, List.of(whole)).getFirst();
        int n = whole.ids().length;
        PathEngine.Prompt head = new PathEngine.Prompt("", Arrays.copyOf(whole.ids(), n - 3), whole.images(), run, 8);
        try (PromptState state = MHA.engine.prefill(List.of(head)).getFirst()) {
            MHA.engine.extend(List.of(state), List.of(new int[] {50, 51}));
            state.truncate(n - 3);
            MHA.engine.extend(List.of(state), List.of(Arrays.copyOfRange(whole.ids(), n - 3, n - 1)));
            MHA.engine.extend(List.of(state), List.of(new int[] {whole.ids()[n - 1]}));
            Golden.assertClose(state.logits(), expected, "logits");
        }
    }

    /** While training: the logits of answering, and gradients that are those of small steps. */
    @Test
    void trainedAsAnswered() {
        Tensor up = random(3, 0.3, 48, RANK).set_requires_grad(true);
        Tensor down = random(4, 0.3, RANK, 48).set_requires_grad(true);
        try (Scope ignored = Scope.training()) {
            Tensor logits = trained(up, down);
            logits.square().sum().backward();
            try (Scope inner = Scope.inference()) {
                assertThat(inner).isNotNull();
                Golden.assertClose(Tensors.floats(trained(up, down)), Tensors.floats(logits), "logits");
                for (Tensor moved : List.of(up, down)) {
                    Tensor direction = random(9, 1e-3, Tensors.shape(moved));
                    double ahead =
                            loss(moved == up ? up.add(direction) : up, moved == down ? down.add(direction) : down);
                    double back =
                            loss(moved == up ? up.sub(direction) : up, moved == down ? down.sub(direction) : down);
                    double slope = moved.grad().mul(direction).sum().item_double();
                    assertThat((ahead - back) / 2).isCloseTo(slope, within(2e-2 * Math.abs(slope)));
                    assertThat(slope).isNotZero();
                }
            }
        }
    }

    private static double loss(Tensor up, Tensor down) {
        return trained(up, down).square().sum().item_double();
    }

    /** A plain prompt and one whose picture adds to a query, a block and the last layer, with answers side by side. */
    private static Tensor trained(Tensor up, Tensor down) {
        Map<String, Addition> all = new LinkedHashMap<>();
        int last = MHA.engine.model().decoder().layers().size() - 1;
        for (String name : List.of(name(0, "q"), name(1, "mlp"), name(last, "mlp"), name(last, "o"))) {
            all.put(name, new Addition.LowRank(down, up, 1));
        }
        List<TrainingPath.Prompt> prompts = new ArrayList<>();
        for (PlanRun run : List.of(
                PlanRun.plain(),
                run(adapt(new Station.Connector(), new Additions(all)), leave(new Station.Connector())))) {
            EncodedImage image = MHA.golden
                    .engine
                    .encode(List.of(MHA.golden.image(0, PlanRun.plain())))
                    .getFirst();
            prompts.add(new TrainingPath.Prompt(
                    List.of(
                            new TrainingPath.Span.Words(new int[] {1, 9}),
                            new TrainingPath.Span.Picture(image),
                            new TrainingPath.Span.Words(new int[] {30, 31, 32, 33})),
                    run,
                    new int[] {0, 0, 1, 1, 2, 2},
                    null,
                    new int[] {3, 5}));
        }
        return TrainingPath.of(MHA.golden.model).logits(prompts);
    }

    @Test
    void theyAreRecorded() {
        Recording recording = new Recording();
        PlanRun run = PlanRun.of(
                Plan.of("test", adapt(new Station.Connector(), factors(MHA, 1, "q"))),
                PlanRun.Question.none(),
                recording);
        logits(MHA, List.of(prompt(MHA, run, "one_image")));
        assertThat(recording.entries().keySet())
                .contains("image0.connector.0.adapt." + name(1, "q") + ".down")
                .contains("image0.connector.0.adapt." + name(2, "q") + ".up");
    }

    @Test
    void whatDoesNotFitIsOneSentence() {
        refused(
                Map.of("text.norm.weight", new Addition.LowRank(random(1, 1, 1, 48), random(2, 1, 48, 1), 1)),
                "A plan adds to 'text.norm.weight' for one prompt, beside whose weights only q_proj, k_proj, v_proj,"
                        + " o_proj and the mlp of a layer of the language model may be added to; for all prompts it can"
                        + " be done at the station weights.");
        refused(
                Map.of(name(7, "q"), new Addition.LowRank(random(1, 1, 1, 48), random(2, 1, 48, 1), 1)),
                "A plan changes the weights of '" + name(7, "q")
                        + "', which this model does not have; it was made for another one.");
        refused(
                Map.of(name(1, "mlp"), new Addition.LowRank(random(1, 1, 2, 40), random(2, 1, 48, 2), 1)),
                "A plan adds factors of shapes [48, 2] and [2, 40] to '" + name(1, "mlp")
                        + "', which has shape [48, 48] in this model.");
        refused(
                Map.of(name(1, "q"), new Addition.Difference(random(1, 1, 48, 48))),
                "A plan adds a difference in full to '" + name(1, "q")
                        + "' for one prompt, where only products of low rank can stand beside the weights.");
        Additions any = factors(MHA, 1, "q");
        assertThatThrownBy(() -> logits(MHA, List.of(prompt(MHA, run(adapt(new Station.Prompt(), any)), "one_image"))))
                .hasMessage("Technique 'test' decided Adapt, which this station cannot do at prompt.");
    }

    private static void refused(Map<String, Addition> additions, String sentence) {
        PlanRun run = run(adapt(new Station.Connector(), new Additions(additions)));
        assertThatThrownBy(() -> logits(MHA, List.of(prompt(MHA, run, "one_image"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }
}
