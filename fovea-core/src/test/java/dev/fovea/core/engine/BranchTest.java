package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Push;
import dev.fovea.core.path.Decision.Pushed;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Slot;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Station.Stream;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.assertj.core.data.Offset;
import org.assertj.core.groups.Tuple;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read beside a prompt, hidden states that the head looks at early, and what is added to them. */
class BranchTest {
    private static final Signal.LateLogits EARLY = new Signal.LateLogits(1, false);
    private static final Signal.LateLogits NORMED = new Signal.LateLogits(2, true);
    private static final Signal.LateLogits LAST = new Signal.LateLogits(3, true);
    private static final Signal.NextLogits NEXT = new Signal.NextLogits();
    private static final Signal.AnswerTokens WRITTEN = new Signal.AnswerTokens();
    private static final Branch BLIND = new Branch.WithoutPictures();
    private static final Branch UNSTEERED = new Branch.Unsteered();

    private static Step watch(Station station, Consumer<Signals> eye, Signal<?>... needs) {
        return new Step(station, List.of(needs), s -> {
            eye.accept(s);
            return Outcome.of(new Decision.Unchanged());
        });
    }

    private static Step push(int layer, Stream of, float[] vector, double strength) {
        return new Step(
                new Station.Residual(layer, of),
                List.of(),
                s -> Outcome.of(new Decision.Steer(vector, strength, Push.UNIT, Pushed.ALL)));
    }

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    private static float[] wave(int width) {
        float[] v = new float[width];
        for (int i = 0; i < width; i++) {
            v[i] = (float) Math.sin(1 + i);
        }
        return v;
    }

    // ---- what is added ----

    @ParameterizedTest
    @CsvSource({
        "KEEP_LENGTH, 3,  4, 2.8431,  4.1130",
        "UNIT,        3,  4, 2.6303,  4.2523",
        "UNIT,        3, -4, 3.8600, -3.1781",
        "ADD,         3,  4, 3.0000,  4.3400",
    })
    void workedNumbers(Push push, float x, float y, float left, float right) {
        try (Scope scope = Scope.inference()) {
            float[] there = Tensors.floats(Steering.pushed(
                    Tensors.of(new float[] {x, y}, 1, 2), Tensors.of(new float[] {0, 2}, 1, 2), 0.17, push));
            assertThat(there).containsExactly(new float[] {left, right}, Offset.offset(5e-5f));
            assertThat(scope).isNotNull();
        }
    }

    /**
     * Of GrAInS, tokens over channels: that published code scales each channel over the tokens instead, which gives a token
     * that comes alone its own channels back.
     */
    @Test
    void eachTokenKeepsItsOwnLength() {
        try (Scope scope = Scope.inference()) {
            Tensor v = Tensors.of(new float[] {0, 1}, 1, 2);
            float[] alone =
                    Tensors.floats(Steering.pushed(Tensors.of(new float[] {3, 4}, 1, 2), v, 2, Push.KEEP_LENGTH));
            assertThat(alone).containsExactly(new float[] {2.2361f, 4.4721f}, Offset.offset(5e-5f));
            float[] beside =
                    Tensors.floats(Steering.pushed(Tensors.of(new float[] {1, 0, 3, 4}, 2, 2), v, 2, Push.KEEP_LENGTH));
            assertThat(beside).containsExactly(new float[] {0.4472f, 0.8944f, 2.2361f, 4.4721f}, Offset.offset(5e-5f));
            assertThat(scope).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"KEEP_LENGTH", "UNIT"})
    void lengthIsKeptAndNothingIsDividedByZero(Push push) {
        try (Scope scope = Scope.inference()) {
            float[] h = {3, 4, -1e-3f, 2e-3f, 0, 0, 5e4f, -1e4f};
            Tensor rows = Tensors.of(h, 4, 2);
            float[] there = Tensors.floats(Steering.pushed(rows, Tensors.of(wave(2), 1, 2), 0.8, push));
            for (int row = 0; row < 4; row++) {
                double before = Math.hypot(h[2 * row], h[2 * row + 1]);
                assertThat(Math.hypot(there[2 * row], there[2 * row + 1]))
                        .isCloseTo(before, Offset.offset(1e-6 * (1 + before)));
            }
            float[] nowhere = Tensors.floats(Steering.pushed(rows, Tensors.of(new float[2], 1, 2), 0.8, push));
            assertThat(nowhere).containsExactly(h, Offset.offset(1e-2f));
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void nothingToAddIsThePlainModelToTheBit() {
        Golden golden = Golden.mha();
        try (PromptState plain = golden.read("two_images", PlanRun.plain());
                PromptState weak = golden.read("two_images", run(push(1, Stream.MLP, wave(48), 0)));
                PromptState zeros = golden.read("two_images", run(push(2, Stream.LAYER, new float[48], 0.5)));
                PromptState strong = golden.read("two_images", run(push(1, Stream.MLP, wave(48), 0.5)))) {
            for (int token : new int[] {33, 90}) {
                assertThat(weak.logits()).containsExactly(plain.logits());
                assertThat(zeros.logits()).containsExactly(plain.logits());
                assertThat(strong.logits()).isNotEqualTo(plain.logits());
                int[] next = {token};
                golden.engine.answer(List.of(plain, weak, zeros, strong), List.of(next, next, next, next));
            }
            assertThat(weak.ledger().steered()).isEmpty();
            assertThat(strong.ledger().steered())
                    .singleElement()
                    .satisfies(s -> assertThat(s.station()).isEqualTo("residual[1, mlp]"))
                    .satisfies(s -> assertThat(s.length()).isCloseTo(Steering.length(wave(48)), Offset.offset(1e-6)))
                    .satisfies(s -> assertThat(s.strength()).isEqualTo(0.5));
        }
    }

    /** Where all visual tokens have left, hidden states are still added to. */
    @Test
    void steersWhatIsLeftWhenAllVisualTokensHaveGone() {
        Golden golden = Golden.mha();
        Step gone = new Step(
                new Station.Decoder(1),
                List.of(),
                s -> Outcome.of(new Decision.DropAllVisual(Decision.Positions.ORIGINAL)));
        try (PromptState without = golden.read("one_image", run(gone));
                PromptState with = golden.read("one_image", run(gone, push(3, Stream.LAYER, wave(48), 0.5)))) {
            assertThat(with.logits()).isNotEqualTo(without.logits());
            assertThat(with.ledger().steered()).hasSize(1);
        }
    }

    @Test
    void vectorsOfAnotherModelAreRefused() {
        Golden golden = Golden.mha();
        assertThatThrownBy(() -> golden.read("one_image", run(push(1, Stream.LAYER, wave(32), 0.5))))
                .hasMessage(
                        "At residual[1] a vector of 32 numbers is to be added to hidden states of 48; it was made for"
                                + " another model.");
        float[] broken = wave(48);
        broken[7] = Float.NaN;
        assertThatThrownBy(() -> golden.read("one_image", run(push(1, Stream.LAYER, broken, 0.5))))
                .hasMessage(
                        "Technique 'test' adds a vector that is not of finite numbers to hidden states at residual[1].");
    }

    // ---- what is looked at ----

    /** The head over states behind layers, and the states of prompts that were read before. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void statesAreThoseBehindTheLayers(String name) {
        Golden golden = Golden.of(name);
        List<float[]> logits = new ArrayList<>();
        List<Matrix> states = new ArrayList<>();
        Signal.LastStates seen = new Signal.LastStates(UNSTEERED);
        Signal.LastStates blind = new Signal.LastStates(BLIND);
        PlanRun run = run(
                watch(
                        new Station.Residual(0, Stream.LAYER),
                        s -> {
                            states.add(s.get(seen));
                            states.add(s.get(blind));
                        },
                        seen,
                        blind),
                watch(
                        new Station.Logits(),
                        s -> {
                            logits.add(s.get(EARLY));
                            logits.add(s.get(NORMED));
                            logits.add(s.get(LAST));
                            logits.add(s.get(NEXT));
                        },
                        EARLY,
                        NORMED,
                        LAST,
                        NEXT));
        NaiveDecoder naive = new NaiveDecoder(golden.model.decoder());
        try (Scope scope = Scope.inference();
                PromptState state = golden.read("one_image", run)) {
            Tensor all = golden.tensor("decoder.one_image.hidden.0");
            int[] words = Arrays.stream(golden.ids("one_image"))
                    .filter(id -> !golden.model.isPlaceholder(id))
                    .toArray();
            Tensor alone = golden.model.decoder().embed(words);
            assertThat(states.getFirst().rows()).isEqualTo(4);
            for (int layer = 0; layer < 4; layer++) {
                Golden.assertClose(states.get(0).row(layer), last(naive, layer + 1, all), "seen " + layer);
                Golden.assertClose(states.get(1).row(layer), last(naive, layer + 1, alone), "blind " + layer);
            }
            for (int token : new int[] {12, 99, 3}) {
                Tensor early = naive.entering(2, all);
                Tensor late = naive.entering(3, all);
                long n = all.size(0) - 1;
                Golden.assertClose(
                        logits.get(0), Tensors.floats(golden.model.decoder().predict(early.narrow(0, n, 1))), "early");
                Golden.assertClose(
                        logits.get(1), Tensors.floats(golden.model.decoder().logits(late.narrow(0, n, 1))), "normed");
                Golden.assertClose(logits.get(2), logits.get(3), "the last layer is the model's own");
                logits.clear();
                golden.engine.answer(List.of(state), List.of(new int[] {token}));
                all = Tensors.cat(0, all, golden.model.decoder().embed(new int[] {token}));
            }
            assertThat(state.ledger().branches())
                    .extracting(Ledger.Reading::branch, Ledger.Reading::words, Ledger.Reading::follows)
                    .containsExactly(
                            Tuple.tuple("unsteered", words.length, false),
                            Tuple.tuple("without-pictures", words.length, false));
            assertThat(state.ledger().branches().getFirst().visual())
                    .containsOnly(golden.model.shape().visualTokens());
            assertThat(state.ledger().branches().getLast().visual()).containsOnly(0);
            assertThat(scope).isNotNull();
        }
    }

    private static float[] last(NaiveDecoder naive, int layers, Tensor embeddings) {
        return Tensors.floats(naive.entering(layers, embeddings).narrow(0, embeddings.size(0) - 1, 1));
    }

    /** Other words are another prompt about the same pictures. */
    @Test
    void askedOtherwise() {
        Golden golden = Golden.mha();
        Branch.Worded other = new Branch.Worded("Really, {question}");
        assertThat(other.of("why?")).isEqualTo("Really, why?");
        Signal.BranchLogProbabilities signal = new Signal.BranchLogProbabilities(other);
        List<float[]> seen = new ArrayList<>();
        PlanRun run = run(watch(new Station.Logits(), s -> seen.add(s.get(signal)), signal));
        int[] ids = golden.ids("one_image");
        int[] longer = Arrays.copyOf(ids, ids.length + 2);
        longer[ids.length] = 77;
        longer[ids.length + 1] = 78;
        List<EncodedImage> images = golden.encode("one_image", run);
        PathEngine.Prompt prompt = new PathEngine.Prompt(
                "", ids, List.of(Slot.whole(0)), images, run, List.of(run), 4, Map.of(other, longer));
        PathEngine.Prompt direct = new PathEngine.Prompt("", longer, images, PlanRun.plain(), 4);
        List<PromptState> states = golden.engine.prefill(List.of(prompt, direct));
        for (int token : new int[] {33, 90}) {
            Golden.assertClose(
                    seen.getLast(), PromptState.logProbabilities(states.get(1).logits()), "worded");
            golden.engine.answer(states, List.of(new int[] {token}, new int[] {token}));
        }
        assertThat(seen).hasSize(3);
        states.forEach(PromptState::close);
        PathEngine.Prompt silent = new PathEngine.Prompt("", ids, images, run, 4);
        assertThatThrownBy(() -> golden.engine.prefill(List.of(silent)))
                .hasMessageContaining("does not say which tokens that is");
        assertThat(Plans.worded(run.book().plan())).containsExactly(other);
    }

    @Test
    void whatHasBeenWrittenIsCounted() {
        Golden golden = Golden.mha();
        List<Float> counted = new ArrayList<>();
        PlanRun run = run(watch(new Station.Logits(), s -> counted.add(s.get(WRITTEN)[0]), WRITTEN));
        try (PromptState state = golden.read("one_image", run)) {
            golden.engine.answer(List.of(state), List.of(new int[] {33}));
            golden.engine.answer(List.of(state), List.of(new int[] {34, 35}));
            int read = state.ids().length;
            golden.engine.extend(List.of(state), List.of(new int[] {36, 37}));
            golden.engine.answer(List.of(state), List.of(new int[] {38}));
            state.truncate(read);
            golden.engine.answer(List.of(state), List.of(new int[] {38}));
            assertThat(counted).as("another question begins another answer").containsExactly(0f, 1f, 3f, 0f, 1f, 1f);
        }
    }

    /** A prompt goes on from a shorter one, and so do the branches beside it. */
    @Test
    void branchesAreCutBackWithTheirPrompt() {
        Golden golden = Golden.mha();
        List<Signal.BranchLogProbabilities> all = new ArrayList<>();
        for (Branch branch : List.of(BLIND, UNSTEERED)) {
            all.add(new Signal.BranchLogProbabilities(branch));
        }
        List<float[]> seen = new ArrayList<>();
        PlanRun run = run(
                watch(new Station.Logits(), s -> all.forEach(b -> seen.add(s.get(b))), all.toArray(Signal<?>[]::new)));
        try (PromptState state = golden.read("two_images", run)) {
            golden.engine.answer(List.of(state), List.of(new int[] {33}));
            golden.engine.answer(List.of(state), List.of(new int[] {34}));
            List<float[]> first = List.copyOf(seen.subList(2, 6));
            long bytes = state.bytes();
            state.truncate(golden.ids("two_images").length);
            golden.engine.answer(List.of(state), List.of(new int[] {33}));
            golden.engine.answer(List.of(state), List.of(new int[] {34}));
            for (int i = 0; i < 4; i++) {
                Golden.assertClose(seen.get(6 + i), first.get(i), "again " + i);
            }
            assertThat(state.bytes()).isEqualTo(bytes);
            try (PromptState plain = golden.read("two_images", PlanRun.plain())) {
                assertThat(bytes).isGreaterThan(2 * plain.bytes());
            }
        }
    }

    /** Prompts under different plans, read and answered together, say what each says alone. */
    @Test
    void promptsWithOtherBranchesGoTogether() {
        Golden golden = Golden.mha();
        Signal.BranchLogProbabilities blind = new Signal.BranchLogProbabilities(BLIND);
        Signal.LastStates probed = new Signal.LastStates(UNSTEERED);
        List<PlanRun> runs = List.of(
                run(new Step(
                        new Station.Logits(),
                        List.of(NEXT, blind),
                        s -> Outcome.of(new Decision.Replace(sum(s.get(NEXT), s.get(blind)))))),
                run(new Step(
                        new Station.Residual(1, Stream.LAYER),
                        List.of(probed),
                        s -> Outcome.of(new Decision.Steer(s.get(probed).row(1), 0.5, Push.UNIT, Pushed.LAST)))),
                PlanRun.plain(),
                run(new Step(
                        new Station.Logits(),
                        List.of(NEXT, EARLY),
                        s -> Outcome.of(new Decision.Replace(sum(s.get(NEXT), s.get(EARLY)))))));
        List<String> names = List.of("one_image", "two_images", "one_image", "two_images");
        List<PathEngine.Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            prompts.add(new PathEngine.Prompt(
                    "", golden.ids(names.get(i)), golden.encode(names.get(i), runs.get(i)), runs.get(i), 4));
        }
        List<PromptState> together = golden.engine.prefill(prompts);
        List<PromptState> alone = prompts.stream()
                .map(p -> golden.engine.prefill(List.of(p)).getFirst())
                .toList();
        for (int token : new int[] {33, 90, 200}) {
            for (int i = 0; i < runs.size(); i++) {
                Golden.assertClose(together.get(i).logits(), alone.get(i).logits(), "prompt " + i);
            }
            List<int[]> next = List.of(new int[] {token}, new int[] {token}, new int[] {token}, new int[] {token});
            golden.engine.answer(together, next);
            alone.forEach(s -> golden.engine.answer(List.of(s), List.of(new int[] {token})));
        }
        together.forEach(PromptState::close);
        alone.forEach(PromptState::close);
    }

    private static float[] sum(float[] a, float[] b) {
        float[] out = a.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] += b[i];
        }
        return out;
    }

    /** What shows nothing is answered by the plain model. */
    @Test
    void promptsWithoutPicturesAreLeftAlone() {
        Golden golden = Golden.mha();
        Signal.BranchLogProbabilities blind = new Signal.BranchLogProbabilities(BLIND);
        PlanRun run = run(
                push(1, Stream.LAYER, wave(48), 0.5),
                new Step(
                        new Station.Logits(),
                        List.of(NEXT, blind),
                        s -> Outcome.of(new Decision.Replace(sum(s.get(NEXT), s.get(blind))))));
        int[] words = {1, 30, 31};
        try (PromptState state = golden.engine
                        .prefill(List.of(new PathEngine.Prompt("", words, List.of(), run, 4)))
                        .getFirst();
                PromptState plain = golden.engine
                        .prefill(List.of(new PathEngine.Prompt("", words, List.of(), PlanRun.plain(), 4)))
                        .getFirst()) {
            assertThat(state.logits()).containsExactly(plain.logits());
            assertThat(state.ledger().branches()).isEmpty();
        }
    }

    // ---- what cannot be ----

    private static void refused(String why, Step... steps) {
        assertThatThrownBy(() -> PlanCheck.check(
                        Plan.of("test", steps), Golden.mha().model.shape()))
                .hasMessageContaining(why);
    }

    @Test
    void plansThatCannotRunAreOneSentence() {
        refused(
                "needs NextLogits[] at residual[1], which takes a step at the logits station",
                watch(new Station.Residual(1, Stream.LAYER), s -> {}, NEXT));
        refused(
                "needs LastStates[branch=WithoutPictures[]] at logits, which takes a step at a residual station",
                watch(new Station.Logits(), s -> {}, new Signal.LastStates(BLIND)));
        refused("the decoder of this model has 4 layers", push(4, Stream.MLP, wave(48), 1));
        refused(
                "the decoder of this model has 4 layers",
                watch(new Station.Logits(), s -> {}, new Signal.LateLogits(4, false)));
        Step apart = new Step(
                new Station.Cache(Station.Behind.PICTURES), List.of(), s -> Outcome.of(new Decision.Unchanged()));
        refused(
                "reads a second prompt (worded) at once, but has pictures read before the words behind them",
                apart,
                watch(new Station.Logits(), s -> {}, new Signal.BranchLogProbabilities(new Branch.Worded("x"))));
        refused(
                "reads a second prompt (unsteered) at once",
                apart,
                watch(new Station.Residual(1, Stream.LAYER), s -> {}, new Signal.LastStates(UNSTEERED)));
    }

    @Test
    void twoPlansAtOneStreamAreRefusedAndNotesKeepTheirNames() {
        Plan one = Plan.of("one", push(1, Stream.LAYER, wave(4), 1));
        assertThatThrownBy(() -> Plans.compose(List.of(one, Plan.of("two", push(1, Stream.LAYER, wave(4), 1)))))
                .hasMessageContaining("'one' and 'two' both act at station residual[1]");
        Signal.BranchLogProbabilities masked = new Signal.BranchLogProbabilities(new Branch.Masked("hide"));
        Plan both = Plans.compose(List.of(one, Plan.of("two", watch(new Station.Logits(), s -> {}, masked))));
        assertThat(both.steps().getLast().needs())
                .containsExactly(new Signal.BranchLogProbabilities(new Branch.Masked("1:hide")));
        assertThat(Plans.looksAtQuestion(one)).isTrue();
    }
}
