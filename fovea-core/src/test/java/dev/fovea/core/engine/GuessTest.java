package dev.fovea.core.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that are guessed are read in one pass as they are one by one, and leave nothing behind if they were wrong. */
class GuessTest {
    private static final int RIGHT = 3;
    private static final int WRONG = 2;

    static List<String> names() {
        return Stream.concat(
                        FamilyGolden.ofEveryKind().stream(),
                        Stream.of("text-gemma2", "text-gemma3", "text-mistral-window", "text-qwen3"))
                .toList();
    }

    private static PlanRun run(Plan plan) {
        return PlanRun.of(plan, PlanRun.Question.none(), null).following();
    }

    private static String prompt(FamilyGolden golden) {
        List<String> prompts = golden.prompts();
        return prompts.contains("two_images") ? "two_images" : prompts.getFirst();
    }

    @ParameterizedTest
    @MethodSource("names")
    void guessesAreReadAsTokensAre(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        guessesAreReadAsTokensAre(golden, prompt(golden), Plan.plain());
    }

    /** Under a plan that drops, renumbers, merges and rescales, and one that steers the last token alone. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "qwen2-vl", "gemma3", "llava-next"})
    void underPlans(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        String prompt = prompt(golden);
        guessesAreReadAsTokensAre(golden, prompt, InBlocksTest.busy(false));
        int last = golden.model.shape().decoderLayers() - 1;
        guessesAreReadAsTokensAre(
                golden,
                prompt,
                Plan.of(
                        "steer",
                        steering(golden, 1, Decision.Pushed.LAST),
                        steering(golden, last, Decision.Pushed.LAST)));
        guessesAreReadAsTokensAre(golden, prompt, Plan.of("steer", steering(golden, 0, Decision.Pushed.ALL)));
    }

    private static Step steering(FamilyGolden golden, int layer, Decision.Pushed tokens) {
        float[] vector = new float[golden.model.shape().decoderWidth()];
        Arrays.fill(vector, 0.3f);
        vector[0] = -2;
        return new Step(
                new Station.Residual(layer, Station.Stream.LAYER),
                List.of(),
                s -> Outcome.of(new Decision.Steer(vector, 1, Decision.Push.ADD, tokens)));
    }

    private static void guessesAreReadAsTokensAre(FamilyGolden golden, String prompt, Plan plan) {
        PlanRun run = run(plan);
        try (PromptState plain = golden.read(prompt, run);
                PromptState guessing = golden.read(prompt, run)) {
            for (int round = 0; round < 2; round++) {
                int[] tokens = new int[RIGHT + WRONG];
                float[][] logits = new float[RIGHT][];
                float[][] states = new float[RIGHT][];
                int[] lengths = new int[RIGHT];
                for (int i = 0; i < RIGHT; i++) {
                    tokens[i] = Golden.argmax(plain.logits());
                    golden.engine.answer(List.of(plain), List.of(new int[] {tokens[i]}));
                    logits[i] = plain.logits();
                    states[i] = plain.finalState();
                    lengths[i] = plain.length();
                }
                Arrays.fill(tokens, RIGHT, tokens.length, 7);
                golden.engine.guess(guessing, tokens);
                for (int i = 0; i < RIGHT; i++) {
                    guessing.look(i);
                    Golden.assertClose(guessing.logits(), logits[i], "guess " + i);
                    Golden.assertClose(guessing.finalState(), states[i], "state of guess " + i);
                    assertThat(guessing.length()).isEqualTo(lengths[i]);
                }
                guessing.keep(RIGHT);
                same(guessing, plain);
            }
            // Nothing of the wrong ones is left: the next tokens come out alike.
            int[] more = {9, 11};
            golden.engine.extend(List.of(plain), List.of(more));
            golden.engine.extend(List.of(guessing), List.of(more));
            same(guessing, plain);
        }
    }

    private static void same(PromptState actual, PromptState expected) {
        Golden.assertClose(actual.logits(), expected.logits(), "logits");
        assertThat(actual.ids()).containsExactly(expected.ids());
        assertThat(actual.places()).containsExactly(expected.places());
        assertThat(actual.length()).isEqualTo(expected.length());
        for (int layer = 0; layer < expected.sequence().cache().layers(); layer++) {
            var own = actual.sequence().cache().layer(layer);
            var other = expected.sequence().cache().layer(layer);
            assertThat(own.length()).isEqualTo(other.length());
            assertThat(own.nextPosition()).isEqualTo(other.nextPosition());
            assertThat(own.positions()).containsExactly(other.positions());
        }
        FinalStates states = requireNonNull(actual.finalStates());
        FinalStates others = requireNonNull(expected.finalStates());
        assertThat(states.sources(0)).containsExactly(others.sources(0));
        Golden.assertClose(states.states(0), others.states(0), "states of all tokens");
    }

    /** States of all tokens of a prompt, told alone, with others, and in blocks of rows; they are what the head reads. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "qwen2-vl", "gemma3", "llava-next", "mistral3"})
    void statesOfEveryToken(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        String prompt = prompt(golden);
        for (Plan plan : List.of(Plan.plain(), InBlocksTest.busy(false))) {
            PlanRun plainly = PlanRun.of(plan, PlanRun.Question.none(), null);
            List<PromptState> both =
                    golden.engine.prefill(List.of(golden.prompt(prompt, plainly), golden.prompt(prompt, run(plan))));
            FamilyGolden few = golden.takingAtOnce(7);
            try (PromptState alone = golden.read(prompt, run(plan));
                    PromptState inBlocks = few.read(prompt, run(plan))) {
                assertThat(both.getFirst().finalStates()).isNull();
                FinalStates expected = requireNonNull(alone.finalStates());
                int layers = alone.sequence().cache().layers();
                assertThat(expected.count())
                        .isEqualTo(alone.sequence().cache().layer(layers - 1).length());
                Golden.assertClose(
                        expected.states(expected.count() - 1), both.getFirst().finalState(), "last");
                Golden.assertClose(alone.logits(), both.getFirst().logits(), "logits");
                try (Scope ignored = Scope.inference()) {
                    float[] head = Tensors.floats(golden.model
                            .decoder()
                            .predict(Tensors.of(expected.states(expected.count() - 1), 1, expected.width())));
                    Golden.assertClose(head, alone.logits(), "head");
                }
                for (PromptState other : List.of(both.getLast(), inBlocks)) {
                    FinalStates own = requireNonNull(other.finalStates());
                    Golden.assertClose(own.states(0), expected.states(0), "all");
                    assertThat(own.sources(0)).containsExactly(expected.sources(0));
                    Golden.assertClose(other.logits(), alone.logits(), "logits");
                }
                sourcesAreThePrompts(alone, expected);
            }
            both.forEach(PromptState::close);
        }
    }

    /** Each word stands for its id, and all tokens of a picture for its placeholder. */
    private static void sourcesAreThePrompts(PromptState state, FinalStates states) {
        int[] sources = states.sources(0);
        assertThat(sources).isSorted();
        int[] words = Arrays.stream(sources).filter(i -> !state.isPicture(i)).toArray();
        assertThat(words)
                .containsExactly(IntStream.range(0, state.ids().length)
                        .filter(i -> !state.isPicture(i))
                        .toArray());
        assertThat(sources.length - words.length)
                .isGreaterThanOrEqualTo(state.sequence().visual().count());
    }

    /** Where tokens are put behind the pictures, they stand for the last of them. */
    @Test
    void insertedTokensAreOfThePicture() {
        Golden golden = Golden.mha();
        int width = golden.model.shape().decoderWidth();
        Signal.DecoderHidden visual = new Signal.DecoderHidden();
        Plan plan = Plan.of("insert", new Step(new Station.Prompt(), List.of(visual), s -> {
            float[] first = Arrays.copyOf(s.get(visual).data(), 2 * width);
            return Outcome.of(new Decision.Append(new dev.fovea.core.path.Matrix(2, width, first)));
        }));
        try (PromptState state = golden.read("one_image", run(plan))) {
            FinalStates states = requireNonNull(state.finalStates());
            int pictures = (int)
                    Arrays.stream(states.sources(0)).filter(state::isPicture).count();
            assertThat(pictures).isEqualTo(golden.model.shape().visualTokens() + 2);
            sourcesAreThePrompts(state, states);
        }
    }

    @Test
    void plansThatDecideAboutLogitsAreRefused() {
        Golden golden = Golden.mha();
        Signal.NextLogits logits = new Signal.NextLogits();
        Plan plan = Plan.of(
                "logits", new Step(new Station.Logits(), List.of(logits), s -> Outcome.of(new Decision.Unchanged())));
        try (PromptState state = golden.read("one_image", run(plan));
                PromptState plain = golden.read("one_image", PlanRun.plain())) {
            assertThat(state.mayGuess()).isFalse();
            assertThat(plain.mayGuess()).isTrue();
            assertThatThrownBy(() -> golden.engine.guess(state, new int[] {5, 6}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("token by token");
            assertThatThrownBy(() -> plain.keep(1)).isInstanceOf(IllegalStateException.class);
        }
    }
}
