package dev.fovea.core.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Single tokens that pass the model by loops come out as those that pass it by libtorch's operations. */
class TokenPassTest {
    private static final int[] TOKENS = {9, 11, 7, 5, 9, 13};

    static List<String> names() {
        return Stream.concat(
                        FamilyGolden.ofEveryKind().stream(),
                        Stream.of("text-gemma2", "text-gemma3", "text-mistral-window", "text-qwen3"))
                .toList();
    }

    private static String prompt(FamilyGolden golden) {
        return golden.prompts().getFirst();
    }

    private static TokenLayers layers(FamilyGolden golden) {
        return requireNonNull(TokenLayers.of(golden.model.decoder()), golden.folder.toString());
    }

    private static DecoderPass.Chunk chunk(PromptState state, int count) {
        return new DecoderPass.Chunk(state.sequence(), count, false, count > 1);
    }

    private static float[] loops(FamilyGolden golden, PromptState state, int... tokens) {
        TokenLayers layers = layers(golden);
        assertThat(layers.ready(tokens.length)).isTrue();
        try (Scope ignored = Scope.inference()) {
            Tensor embeddings = golden.model.decoder().embed(tokens);
            return new TokenPass(layers, List.of(chunk(state, tokens.length)), Breaks.none()).run(embeddings);
        }
    }

    private static float[] operations(FamilyGolden golden, PromptState state, int... tokens) {
        try (Scope ignored = Scope.inference()) {
            Tensor embeddings = golden.model.decoder().embed(tokens);
            List<DecoderPass.Chunk> chunks = List.of(chunk(state, tokens.length));
            return Tensors.floats(new DecoderPass(golden.model.decoder(), chunks, Pace.whole()).run(embeddings));
        }
    }

    /** Under a plan that drops and renumbers, too: what is held in a layer is what the loops see. */
    @ParameterizedTest
    @MethodSource("names")
    void tokensComeOutAsTheyDoByOperations(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        try (PromptState one = golden.read(prompt(golden), PlanRun.plain());
                PromptState other = golden.read(prompt(golden), PlanRun.plain())) {
            int plain = 0;
            for (int token : TOKENS) {
                if (!TokenPass.takes(layers(golden), chunk(one, 1))) {
                    golden.engine.answer(List.of(one, other), List.of(new int[] {token}, new int[] {token}));
                    continue;
                }
                plain++;
                Golden.assertClose(loops(golden, one, token), operations(golden, other, token), "behind " + token);
                same(one, other);
            }
            boolean windows = name.contains("window") || name.contains("gemma");
            assertThat(plain).isGreaterThanOrEqualTo(windows ? 0 : TOKENS.length);
        }
    }

    private static void same(PromptState one, PromptState other) {
        for (int layer = 0; layer < other.sequence().cache().layers(); layer++) {
            var own = one.sequence().cache().layer(layer);
            var expected = other.sequence().cache().layer(layer);
            assertThat(own.positions()).containsExactly(expected.positions());
            assertThat(own.origins()).containsExactly(expected.origins());
            assertThat(own.nextPosition()).isEqualTo(expected.nextPosition());
            try (Scope ignored = Scope.inference()) {
                Golden.assertClose(Tensors.floats(own.keys()), Tensors.floats(expected.keys()), "keys");
                Golden.assertClose(Tensors.floats(own.values()), Tensors.floats(expected.values()), "values");
            }
        }
    }

    /** To the last bit: alone, beside others that are elsewhere, and as guesses of which it is one. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "qwen2-vl", "qwen3-vl", "idefics3", "internvl"})
    void aTokenGetsTheSameBitsWhoeverIsInThePassWithIt(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        try (PromptState alone = golden.read(prompt(golden), PlanRun.plain());
                PromptState beside = golden.read(prompt(golden), PlanRun.plain());
                PromptState other = golden.read(prompt(golden), PlanRun.plain());
                PromptState guessing = golden.read(prompt(golden), PlanRun.plain())) {
            golden.engine.answer(List.of(other), List.of(new int[] {3}));
            float[] guessed = loops(golden, guessing, TOKENS);
            int vocabulary = guessed.length / TOKENS.length;
            for (int t = 0; t < TOKENS.length; t++) {
                int[] token = {TOKENS[t]};
                golden.engine.answer(List.of(alone), List.of(token));
                golden.engine.answer(List.of(other, beside), List.of(new int[] {t + 2}, token));
                assertThat(beside.logits()).isEqualTo(alone.logits());
                assertThat(beside.finalState()).isEqualTo(alone.finalState());
                assertThat(Arrays.copyOfRange(guessed, t * vocabulary, (t + 1) * vocabulary))
                        .isEqualTo(alone.logits());
            }
            try (PromptState engine = golden.read(prompt(golden), PlanRun.plain())) {
                assertThat(loops(golden, engine, TOKENS[0])).isNotEqualTo(alone.logits());
            }
        }
    }

    /** Somebody whose tokens are steered is no reason for others to come out otherwise. */
    @Test
    void whatActsOnOthersChangesNothing() {
        FamilyGolden golden = FamilyGolden.of("llava-mha");
        float[] push = new float[golden.model.shape().decoderWidth()];
        Arrays.fill(push, 0.3f);
        Plan plan = Plan.of(
                "steer",
                new Step(
                        new Station.Residual(1, Station.Stream.LAYER),
                        List.of(),
                        s -> Outcome.of(new Decision.Steer(push, 1, Decision.Push.ADD, Decision.Pushed.ALL))));
        PlanRun steering = PlanRun.of(plan, PlanRun.Question.none(), null);
        try (PromptState alone = golden.read(prompt(golden), PlanRun.plain());
                PromptState beside = golden.read(prompt(golden), PlanRun.plain());
                PromptState steered = golden.read(prompt(golden), steering)) {
            assertThat(TokenPass.takes(layers(golden), chunk(steered, 1))).isFalse();
            for (int token : TOKENS) {
                golden.engine.answer(List.of(alone), List.of(new int[] {token}));
                golden.engine.answer(List.of(steered, beside), List.of(new int[] {token}, new int[] {token}));
                assertThat(beside.logits()).isEqualTo(alone.logits());
                assertThat(steered.logits()).isNotEqualTo(alone.logits());
            }
        }
    }
}
