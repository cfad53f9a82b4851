package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Station.Behind;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What remains of the keys and values of a prompt, once its pictures or all of it have been read. */
class CacheTest {
    private static final int[] KEPT = {1, 2, 7, 12};

    private static Step at(Behind behind, Function<Layout, Decision> rule) {
        return new Step(new Station.Cache(behind), List.of(), s -> Outcome.of(rule.apply(s.layout())));
    }

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    /** Words behind the first picture see of all pictures only these tokens; or not even the words before. */
    private static Step hidden(int[] kept, boolean words) {
        boolean[][] sees = {
            {true, false, true, false}, {true, true, true, true}, {true, true, true, true}, {words, false, true, true}
        };
        return new Step(new Station.Prompt(), List.of(), s -> {
            Layout layout = s.layout();
            int[] groups = new int[layout.length()];
            Arrays.fill(groups, layout.visual()[0], groups.length, 3);
            for (int i = 0; i < layout.visualCount(); i++) {
                groups[layout.visual()[i]] = Arrays.binarySearch(kept, i) >= 0 ? 2 : 1;
            }
            return Outcome.of(new Decision.Edges(new AttentionEdges(groups, sees, 3)));
        });
    }

    private static void sameFrom(Golden golden, PromptState state, PromptState expected) {
        Golden.assertClose(state.logits(), expected.logits(), "read");
        for (int[] tokens : new int[][] {{33}, {90, 200}, {301}}) {
            golden.engine.extend(List.of(state, expected), List.of(tokens, tokens));
            Golden.assertClose(state.logits(), expected.logits(), "answered");
        }
    }

    /** Where nothing leaves, pictures and words are the same prompt, in one pass or in two. */
    @ParameterizedTest
    @CsvSource({"llava-mha, one_image", "llava-gqa, one_image", "llava-mha, two_images"})
    void readingPicturesFirstChangesNothing(String name, String prompt) {
        Golden golden = Golden.of(name);
        try (PromptState apart = golden.read(prompt, run(at(Behind.PICTURES, l -> new Decision.Unchanged())));
                PromptState plain = golden.read(prompt, PlanRun.plain())) {
            assertThat(apart.held()).isEqualTo(plain.held());
            assertThat(apart.ids()).containsExactly(plain.ids());
            sameFrom(golden, apart, plain);
        }
    }

    /** What leaves the cache of the pictures is what the words behind them must not see. */
    @ParameterizedTest
    @CsvSource({"llava-mha", "llava-gqa"})
    void whatIsGoneIsWhatIsHidden(String name) {
        Golden golden = Golden.of(name);
        try (PromptState kept = golden.read("one_image", run(at(Behind.PICTURES, l -> Decision.Keep.of(KEPT))));
                PromptState hidden = golden.read("one_image", run(hidden(KEPT, true)))) {
            sameFrom(golden, kept, hidden);
        }
        Step all = at(Behind.PICTURES, l -> new Decision.DropAllVisual(Positions.ORIGINAL));
        try (PromptState none = golden.read("one_image", run(all));
                PromptState hidden = golden.read("one_image", run(hidden(new int[0], true)))) {
            sameFrom(golden, none, hidden);
        }
    }

    /** Words say the same of two pictures where the few tokens that they see have the same keys and values. */
    @Test
    void whatIsHiddenCannotBeTold() {
        Golden golden = Golden.mha();
        int[] ids = golden.ids("one_image");
        int picture = picture(golden, ids);
        int[] question = Arrays.copyOfRange(ids, picture + 1, ids.length);
        List<PromptState> states = new ArrayList<>();
        for (int which = 0; which < 2; which++) {
            PlanRun run = run(hidden(KEPT, true));
            List<EncodedImage> images = golden.engine.encode(List.of(golden.image(which, run)));
            int[] head = Arrays.copyOf(ids, picture + 1);
            states.addAll(golden.engine.prefill(List.of(new PathEngine.Prompt("", head, images, run, 32))));
        }
        PromptState first = states.getFirst();
        PromptState second = states.get(1);
        for (int l = 0; l < first.sequence().cache().layers(); l++) {
            var from = first.sequence().cache().layer(l);
            var to = second.sequence().cache().layer(l);
            for (int kept : KEPT) {
                int at = first.sequence().visualAt()[kept];
                to.keys().narrow(1, at, 1).copy_(from.keys().narrow(1, at, 1));
                to.values().narrow(1, at, 1).copy_(from.values().narrow(1, at, 1));
            }
        }
        golden.engine.extend(states, List.of(question, question));
        Golden.assertClose(second.logits(), first.logits(), "overwritten");
        try (PromptState own = golden.read("one_image", run(hidden(KEPT, true)))) {
            assertThat(golden.pictures("one_image")).containsExactly(0);
            Golden.assertClose(first.logits(), own.logits(), "as in one pass");
        }
        states.forEach(PromptState::close);
    }

    @Test
    void wordsMayLeaveToo() {
        Golden golden = Golden.mha();
        Step retain = at(
                Behind.PICTURES,
                l -> new Decision.Retain(
                        Arrays.stream(KEPT).map(i -> l.visual()[i]).toArray()));
        try (PromptState kept = golden.read("one_image", run(retain));
                PromptState hidden = golden.read("one_image", run(hidden(KEPT, false)))) {
            sameFrom(golden, kept, hidden);
            Ledger ledger = kept.ledger();
            assertThat(ledger.kept()).isEqualTo(4);
            assertThat(ledger.cachedTokens()).containsOnly(4);
            assertThat(ledger.count(Ledger.Fate.DROPPED)).isEqualTo(12);
        }
    }

    /** Behind the whole prompt, what a deeper layer had lost already leaves the earlier ones too. */
    @Test
    void behindThePrompt() {
        Golden golden = Golden.mha();
        Step deep = new Step(new Station.Decoder(2), List.of(), s -> Outcome.of(Decision.Keep.of(KEPT)));
        Step all = at(
                Behind.PROMPT,
                l -> Decision.Keep.of(IntStream.range(0, l.visualCount()).toArray()));
        int[] ids = golden.ids("one_image");
        int picture = picture(golden, ids);
        int[] question = Arrays.copyOfRange(ids, picture + 1, ids.length);
        try (PromptState cleared = golden.read("one_image", run(deep, all));
                PromptState kept = golden.read("one_image", run(deep));
                PromptState first = read(golden, Arrays.copyOf(ids, picture + 1), run(deep, all));
                PromptState split = golden.read(
                        "one_image",
                        run(
                                deep,
                                at(
                                        Behind.PICTURES,
                                        l -> Decision.Keep.of(IntStream.range(0, l.visualCount())
                                                .toArray()))))) {
            // The first token of the answer has seen everything.
            assertThat(cleared.logits()).containsExactly(kept.logits());
            assertThat(kept.ledger().cachedTokens()).containsExactly(16, 16, 4, 4);
            assertThat(cleared.ledger().decoderTokens()).containsExactly(16, 16, 4, 4);
            assertThat(cleared.ledger().cachedTokens()).containsExactly(4, 4, 4, 4);
            assertThat(cleared.held()).isEqualTo(ids.length - 1 + 4);
            // A prompt that ends with its picture has been read when its picture has.
            golden.engine.extend(List.of(first), List.of(question));
            sameFrom(golden, first, split);
        }
    }

    /** From some layer on alone; what follows counts on from what is left there, and as before in the others. */
    @Test
    void fromALayerOnAndRenumbered() {
        Golden golden = Golden.mha();
        Step keep = new Step(
                new Station.Cache(Behind.PROMPT, 1),
                List.of(),
                s -> Outcome.of(new Decision.Keep(KEPT, Positions.RENUMBERED)));
        assertThat(keep.station().label()).isEqualTo("cache[prompt, 1..]");
        int[] ids = golden.ids("one_image");
        try (PromptState state = golden.read("one_image", run(keep));
                PromptState plain = golden.read("one_image", PlanRun.plain())) {
            assertThat(state.logits()).containsExactly(plain.logits());
            assertThat(state.ledger().cachedTokens()).containsExactly(16, 4, 4, 4);
            golden.engine.extend(List.of(state, plain), List.of(new int[] {33}, new int[] {33}));
            assertThat(state.logits()).isNotEqualTo(plain.logits());
            for (int l = 0; l < 4; l++) {
                var layer = state.sequence().cache().layer(l);
                int held = ids.length - 1 + (l == 0 ? 16 : 4);
                assertThat(layer.length()).isEqualTo(held + 1);
                assertThat(layer.positions()[held]).isEqualTo(held);
                // Keys stay turned by the positions that they had.
                assertThat(layer.positions()[held - 1]).isEqualTo(ids.length - 1 + 16 - 1);
            }
        }
    }

    /** Where the picture stands. */
    private static int picture(Golden golden, int[] ids) {
        return IntStream.range(0, ids.length)
                .filter(i -> golden.model.isPlaceholder(ids[i]))
                .findFirst()
                .orElseThrow();
    }

    private static PromptState read(Golden golden, int[] ids, PlanRun run) {
        return golden.engine
                .prefill(List.of(new PathEngine.Prompt("", ids, golden.encode("one_image", run), run, 8)))
                .getFirst();
    }

    /** The memory is what the tokens that are left take, with room for those that follow. */
    @Test
    void memoryIsFreed() {
        Golden golden = Golden.mha();
        int[] ids = golden.ids("one_image");
        try (PromptState kept = golden.read(
                "one_image", run(at(Behind.PICTURES, l -> new Decision.Retain(new int[] {l.length() - 1}))))) {
            var o = golden.model.decoder().options();
            int question = kept.held() - 1;
            assertThat(question).isLessThan(ids.length);
            long perToken = 2L * o.layers() * o.kvHeads() * o.headDim() * Float.BYTES;
            assertThat(kept.bytes()).isEqualTo((1 + question + 32) * perToken);
            for (int l = 0; l < o.layers(); l++) {
                assertThat(kept.sequence().cache().layer(l).length()).isEqualTo(1 + question);
            }
        }
    }

    /** Another question about what is left of the picture says what a fresh prompt does. */
    @Test
    void theNextQuestionGoesOnFromThere() {
        Golden golden = Golden.gqa();
        int[] ids = golden.ids("one_image");
        PlanRun run = run(at(Behind.PICTURES, l -> Decision.Keep.of(KEPT)));
        int[] other = ids.clone();
        for (int i = ids.length - 4; i < ids.length; i++) {
            other[i] = 40 + i;
        }
        try (PromptState state = read(golden, ids, run);
                PromptState fresh = read(golden, other, run)) {
            golden.engine.extend(List.of(state), List.of(new int[] {77, 78}));
            int common = state.common(other);
            assertThat(common).isEqualTo(ids.length - 4);
            state.truncate(common);
            golden.engine.extend(List.of(state), List.of(Arrays.copyOfRange(other, common, other.length)));
            Golden.assertClose(state.logits(), fresh.logits(), "next question");
            assertThat(state.held()).isEqualTo(fresh.held());
        }
    }

    /** Prompts that are read at once and such that are not, in one batch; each says what it says alone. */
    @Test
    void inABatchEachIsAsItIsAlone() {
        Golden golden = Golden.mha();
        PlanRun apart = run(at(Behind.PICTURES, l -> Decision.Keep.of(KEPT)));
        PlanRun late = run(at(Behind.PROMPT, l -> Decision.Keep.of(KEPT)));
        List<PlanRun> runs = List.of(apart, PlanRun.plain(), late, apart);
        List<String> names = List.of("one_image", "two_images", "one_image", "two_images");
        List<PathEngine.Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            prompts.add(new PathEngine.Prompt(
                    "", golden.ids(names.get(i)), golden.encode(names.get(i), runs.get(i)), runs.get(i), 4));
        }
        List<PromptState> together = golden.engine.prefill(prompts);
        try {
            for (int i = 0; i < runs.size(); i++) {
                try (PromptState alone = golden.read(names.get(i), runs.get(i))) {
                    sameFrom(golden, together.get(i), alone);
                }
            }
        } finally {
            together.forEach(PromptState::close);
        }
    }

    /** A branch that never saw the picture, also where the picture comes first and it has nothing to read before. */
    @Test
    void aBranchWithoutPicturesReadsOnAsWell() {
        Golden golden = Golden.mha();
        List<float[]> seen = new ArrayList<>();
        Step logits = new Step(
                new Station.Logits(), List.of(new Signal.BranchLogProbabilities(new Branch.WithoutPictures())), s -> {
                    seen.add(s.get(new Signal.BranchLogProbabilities(new Branch.WithoutPictures())));
                    return Outcome.of(new Decision.Unchanged());
                });
        Step nothing = at(Behind.PICTURES, l -> new Decision.Unchanged());
        int[] whole = golden.ids("one_image");
        int picture = picture(golden, whole);
        for (int[] ids : List.of(whole, Arrays.copyOfRange(whole, picture, whole.length))) {
            try (PromptState apart = read(golden, ids, run(nothing, logits));
                    PromptState plain = read(golden, ids, run(logits))) {
                sameFrom(golden, apart, plain);
            }
            // Once for each pass whose last token predicts something that is asked for.
            assertThat(seen).hasSize(8);
            for (int i = 0; i < 4; i++) {
                Golden.assertClose(seen.get(2 * i), seen.get(2 * i + 1), "without pictures");
            }
            seen.clear();
        }
    }

    @Test
    void whatIsKeptDoesNotDependOnTheQuestion() {
        Step keep = at(Behind.PICTURES, l -> Decision.Keep.of(KEPT));
        Step late = at(Behind.PROMPT, l -> Decision.Keep.of(KEPT));
        Step deep = new Step(new Station.Decoder(2), List.of(), s -> Outcome.of(Decision.Keep.of(KEPT)));
        assertThat(Plans.looksAtQuestion(Plan.of("a", keep))).isFalse();
        assertThat(Plans.looksAtQuestion(Plan.of("a", deep, keep))).isFalse();
        assertThat(Plans.looksAtQuestion(Plan.of("a", deep))).isTrue();
        assertThat(Plans.looksAtQuestion(Plan.of("a", keep, late))).isTrue();
        Step asking = new Step(
                new Station.Prompt(),
                List.of(new Signal.QuestionTokensMean()),
                s -> Outcome.of(new Decision.Unchanged()));
        assertThat(Plans.looksAtQuestion(Plan.of("a", asking, keep))).isTrue();
    }

    @Test
    void whatACacheCannotDoIsOneSentence() {
        Golden golden = Golden.mha();
        assertThatThrownBy(() ->
                        golden.read("one_image", run(at(Behind.PROMPT, l -> new Decision.Retain(new int[] {3, 3})))))
                .hasMessageContaining("named token 3 behind 3")
                .hasMessageContaining("at cache[prompt]");
        assertThatThrownBy(() -> golden.read(
                        "one_image", run(at(Behind.PROMPT, l -> new Decision.Rescale(new float[l.visualCount()])))))
                .hasMessage("Technique 'test' decided Rescale, which this station cannot do at cache[prompt].");
        Step deep = new Step(new Station.Cache(Behind.PROMPT, 4), List.of(), s -> Outcome.of(Decision.Keep.of(0)));
        assertThatThrownBy(() -> PlanCheck.check(Plan.of("test", deep), golden.model.shape()))
                .hasMessage(
                        "Technique 'test' asks for cache[prompt, 4..], but the decoder of this model has 4 layers.");
        Step early = new Step(new Station.Prompt(), List.of(), s -> Outcome.of(new Decision.Retain(new int[] {0})));
        assertThatThrownBy(() -> golden.read("one_image", run(early))).hasMessageContaining("decided Retain");
    }
}
