package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.model.language.Beside;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.AttentionEdges.Blocked;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the family: edges that are blocked carry nothing, and all others carry what they did. */
class FamilyKnockoutTest {
    private static final int LAYER = 1;
    private static final int[] ANSWER = {9, 45, 81};

    /** Who stands where in the prompt of a checkpoint. */
    private record Who(int length, int[] picture, int[] words) {
        static Who of(FamilyGolden golden) {
            try (PromptState state = read(golden, List.of(), pixels -> pixels)) {
                int[] ids = state.ids();
                int[] places = state.places();
                int[] picture = IntStream.range(0, ids.length)
                        .filter(i -> golden.model.isPlaceholder(ids[i]))
                        .flatMap(i -> IntStream.range(places[i], places[i + 1]))
                        .toArray();
                int length = places[ids.length];
                return new Who(
                        length,
                        picture,
                        IntStream.range(0, length)
                                .filter(p -> Arrays.binarySearch(picture, p) < 0)
                                .toArray());
            }
        }

        int last() {
            return length - 1;
        }

        /** Words before and behind the pictures alike. */
        Blocked pictureFromAllElse() {
            return new Blocked(words, picture);
        }
    }

    private static PromptState read(FamilyGolden golden, List<Step> steps, UnaryOperator<Tensor> change) {
        PlanRun run = PlanRun.of(Plan.of("blocked", steps), PlanRun.Question.none(), null);
        return golden.engine
                .prefill(List.of(golden.prompt(WholePrompt.name(golden.name()), run, change)))
                .getFirst();
    }

    private static List<Step> blocked(Who who, IntStream layers, Blocked... edges) {
        AttentionEdges open = AttentionEdges.without(who.length(), List.of(edges));
        return layers.mapToObj(layer ->
                        new Step(new Station.Attention(layer), List.of(), s -> Outcome.of(new Decision.Edges(open))))
                .toList();
    }

    private static IntStream all(FamilyGolden golden) {
        return IntStream.range(0, golden.model.decoder().layers().size());
    }

    /** Of the picture nothing reaches the answer, to the last bit, nor any token that follows. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void anAnswerThatNobodyToldOfThePictureDoesNotHangOnItsPixels(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Who who = Who.of(golden);
        List<Step> steps = blocked(who, all(golden), who.pictureFromAllElse());
        try (PromptState one = read(golden, steps, pixels -> pixels);
                PromptState other = read(golden, steps, pixels -> pixels.neg().add(pixels.roll(3)));
                PromptState seen = read(golden, List.of(), pixels -> pixels);
                PromptState seenOther =
                        read(golden, List.of(), pixels -> pixels.neg().add(pixels.roll(3)))) {
            assertThat(seen.logits()).as("pixels matter").isNotEqualTo(seenOther.logits());
            assertThat(one.logits()).isNotEqualTo(seen.logits());
            assertThat(one.logits()).isEqualTo(other.logits());
            for (int token : ANSWER) {
                golden.engine.answer(List.of(one, other), List.of(new int[] {token}, new int[] {token}));
                assertThat(one.logits()).as("behind " + token).isEqualTo(other.logits());
            }
        }
    }

    /** In two layers the last token sees neither the picture nor itself: what a network without kernels makes of that. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void blockedEdgesAreThoseOfANetworkThatHasNone(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Who who = Who.of(golden);
        int[] last = {who.last()};
        int[] some = Arrays.stream(who.words()).filter(w -> w % 2 == 0).toArray();
        List<Step> steps = blocked(
                who,
                IntStream.of(0, LAYER),
                new Blocked(last, who.picture()),
                new Blocked(last, last),
                new Blocked(some, Arrays.copyOf(who.picture(), 3)));
        try (Scope ignored = Scope.inference();
                PromptState state = read(golden, steps, pixels -> pixels)) {
            WholePrompt whole = WholePrompt.of(golden);
            NaiveDecoder naive = new NaiveDecoder(
                    golden.model.decoder(), whole.deep(), l -> Beside.NOTHING, new NaiveDecoder.Streams() {
                        @Override
                        public boolean blocks(int layer, int query, int key) {
                            boolean ofPicture = Arrays.binarySearch(who.picture(), key) >= 0;
                            boolean first = ofPicture && key <= who.picture()[2];
                            return layer <= LAYER
                                    && ((query == who.last() && (ofPicture || key == query))
                                            || (first && Arrays.binarySearch(some, query) >= 0));
                        }
                    });
            int[] stays = new int[whole.length()];
            Arrays.fill(stays, Integer.MAX_VALUE);
            Golden.assertClose(
                    state.logits(),
                    naive.logits(whole.embeddings(), stays, whole.positions(), Integer.MAX_VALUE, whole.blocks()),
                    "blocked");
        }
    }

    /** Where nothing is blocked nothing changes, to the last bit: no queries, no keys, or keys behind all queries. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void nothingBlockedIsNothingChanged(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Who who = Who.of(golden);
        int[] last = {who.last()};
        try (PromptState plain = read(golden, List.of(), pixels -> pixels);
                PromptState nobody = read(
                        golden,
                        blocked(
                                who,
                                all(golden),
                                new Blocked(new int[0], who.picture()),
                                new Blocked(last, new int[0])),
                        pixels -> pixels)) {
            assertThat(nobody.logits()).isEqualTo(plain.logits());
        }
    }

    /** Weights of blocked edges are zero, all others are shares; tokens that may see all leave the layer as ever. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void whatIsLeftTakesTheSharesAndOtherTokensStay(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Who who = Who.of(golden);
        int[] asking = {who.words()[who.words().length - 3], who.last()};
        List<Matrix> maps = new ArrayList<>();
        List<Matrix> states = new ArrayList<>();
        Signal.DecoderAttentionMap map = new Signal.DecoderAttentionMap(LAYER);
        Signal.DecoderHidden visual = new Signal.DecoderHidden(PromptTokens.VISUAL, false);
        Signal.DecoderHidden text = new Signal.DecoderHidden(PromptTokens.TEXT, false);
        Step behind = new Step(new Station.Decoder(LAYER + 1), List.of(map, visual, text), s -> {
            maps.add(s.get(map));
            states.add(s.get(visual));
            states.add(s.get(text));
            return Outcome.of(new Decision.Unchanged());
        });
        int[] texts;
        List<Step> steps = new ArrayList<>(blocked(who, IntStream.of(LAYER), new Blocked(asking, who.picture())));
        steps.add(behind);
        try (PromptState plain = read(golden, List.of(behind), pixels -> pixels);
                PromptState cut = read(golden, steps, pixels -> pixels)) {
            texts = plain.sequence().layout().text();
            assertThat(plain.logits()).isNotEqualTo(cut.logits());
        }
        Matrix weights = maps.get(1);
        for (int row = 0; row < who.length(); row++) {
            double sum = 0;
            for (int key = 0; key < who.length(); key++) {
                sum += weights.get(row, key);
            }
            assertThat(sum).as("row " + row).isCloseTo(1, within(1e-5));
        }
        for (int row : asking) {
            for (int key : who.picture()) {
                assertThat(weights.get(row, key)).isZero();
                assertThat(maps.getFirst().get(row, key)).isPositive();
            }
        }
        assertThat(states.get(2).data()).isEqualTo(states.get(0).data());
        for (int i = 0; i < texts.length; i++) {
            boolean asked = Arrays.binarySearch(asking, texts[i]) >= 0;
            float[] before = states.get(1).row(i);
            float[] after = states.get(3).row(i);
            assertThat(Arrays.equals(after, before))
                    .as("text token at " + texts[i])
                    .isEqualTo(!asked);
        }
    }

    /** Prompts that are read together have each their own edges. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void promptsOfABatchHaveTheirOwn(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Who who = Who.of(golden);
        String prompt = WholePrompt.name(name);
        List<List<Step>> plans = List.of(
                blocked(who, all(golden), who.pictureFromAllElse()),
                List.of(),
                blocked(who, IntStream.of(LAYER), new Blocked(new int[] {who.last()}, who.picture())));
        List<PromptState> together = golden.engine.prefill(plans.stream()
                .map(steps ->
                        golden.prompt(prompt, PlanRun.of(Plan.of("blocked", steps), PlanRun.Question.none(), null)))
                .toList());
        for (int i = 0; i < plans.size(); i++) {
            try (PromptState alone = read(golden, plans.get(i), pixels -> pixels)) {
                Golden.assertClose(together.get(i).logits(), alone.logits(), "prompt " + i);
            }
        }
        together.forEach(PromptState::close);
    }

    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void aTokenThatWouldSeeNothingIsRefused(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Who who = Who.of(golden);
        int[] everything = IntStream.range(0, who.length()).toArray();
        List<Step> steps = blocked(who, IntStream.of(LAYER), new Blocked(new int[] {who.last()}, everything));
        assertThatThrownBy(() -> read(golden, steps, pixels -> pixels))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Token " + who.last() + " of the prompt would see nothing: every edge that leads from it is"
                        + " blocked, to itself as well; leave it one.");
    }

    /** One backward pass gives what raising scores, one after the other, gives in a network without kernels. */
    @ParameterizedTest
    @MethodSource("dev.fovea.core.engine.FamilyGolden#ofEveryKind")
    void slopesAreDifferencesOverSmallSteps(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Who who = Who.of(golden);
        int token = 17;
        int[] words = Arrays.copyOfRange(who.words(), who.words().length - 4, who.words().length - 1);
        int[] last = {who.last()};
        float[][][] slopes = golden.engine.attentionSlopes(
                golden.prompt(WholePrompt.name(name), PlanRun.plain()), token, List.of(words, last, new int[0]));
        assertThat(slopes).hasDimensions(golden.model.decoder().layers().size(), 3);
        try (Scope ignored = Scope.inference()) {
            WholePrompt whole = WholePrompt.of(golden);
            int[] keys = {who.picture()[who.picture().length / 2], who.words()[0], who.picture()[0]};
            for (int layer = 0; layer < slopes.length; layer++) {
                int at = layer;
                assertThat(slopes[layer][2]).containsOnly(0f);
                for (int g = 0; g < 2; g++) {
                    int[] queries = g == 0 ? words : last;
                    int key = keys[layer % keys.length];
                    double up = logOdds(golden, whole, token, at, queries, key, 0.05f);
                    double down = logOdds(golden, whole, token, at, queries, key, -0.05f);
                    assertThat((double) slopes[layer][g][key])
                            .as("layer %d, group %d, key %d", layer, g, key)
                            .isCloseTo((up - down) / 0.1, within(2e-4));
                }
            }
        }
    }

    private static double logOdds(
            FamilyGolden golden, WholePrompt whole, int token, int at, int[] queries, int key, float step) {
        int n = whole.length();
        float[] raised = new float[n * n];
        for (int query : queries) {
            raised[query * n + key] = step;
        }
        NaiveDecoder naive =
                new NaiveDecoder(golden.model.decoder(), whole.deep(), l -> Beside.NOTHING, new NaiveDecoder.Streams() {
                    @Override
                    public Tensor scores(int layer, Tensor scores) {
                        return layer == at ? scores.add(Tensors.of(raised, n, n)) : scores;
                    }
                });
        int[] stays = new int[n];
        Arrays.fill(stays, Integer.MAX_VALUE);
        float[] logits = naive.logits(whole.embeddings(), stays, whole.positions(), Integer.MAX_VALUE, whole.blocks());
        float log = PromptState.logProbabilities(logits)[token];
        return log - Math.log(-Math.expm1(log));
    }
}
