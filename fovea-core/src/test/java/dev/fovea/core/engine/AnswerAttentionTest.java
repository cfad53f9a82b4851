package dev.fovea.core.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the tokens of an answer look at the visual tokens. */
class AnswerAttentionTest {

    private static String first(FamilyGolden golden) {
        return golden.prompts().stream()
                .filter(p -> !p.equals("two_turns"))
                .findFirst()
                .orElseThrow();
    }

    private static float[] attention(PromptState state) {
        return requireNonNull(state.attention());
    }

    private static void same(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).as("token " + i).isEqualTo(expected[i], within(2e-5f));
        }
    }

    /** In windows, blocks, tiles and merged patches alike: what steps would be told of the last token in each layer. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "qwen2-vl", "gemma3", "idefics3", "paligemma"})
    void isTheMeanOverLayersOfWhatStepsSee(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        int layers = golden.engine.model().decoder().layers().size();
        float[][] sum = new float[1][];
        List<Step> steps = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            Signal.DecoderAttention signal =
                    new Signal.DecoderAttention(layer, Signal.DecoderQueries.LAST, Signal.KeyScope.ALL, true);
            steps.add(new Step(new Station.Decoder(layer), List.of(signal), signals -> {
                float[] row = signals.get(signal);
                int[] at = signals.layout().visual();
                int[] cells = signals.layout().cells();
                sum[0] = sum[0] == null ? new float[signals.layout().total()] : sum[0];
                for (int i = 0; i < at.length; i++) {
                    sum[0][cells[i]] += row[at[i]] / layers;
                }
                return Outcome.of(new Decision.Unchanged());
            }));
        }
        PlanRun run = PlanRun.of(Plan.of("looking", steps), PlanRun.Question.none(), null);
        try (PromptState state = golden.read(first(golden), run.watching())) {
            same(attention(state), sum[0]);
            double all = 0;
            for (float share : attention(state)) {
                all += share;
            }
            assertThat(all).isBetween(0.001, 1.0);
        }
        FamilyGolden few = golden.takingAtOnce(7);
        try (PromptState state = few.read(first(few), PlanRun.plain().watching())) {
            same(attention(state), sum[0]);
        }
    }

    /** A token looks alike whether it is read behind the prompt or with it, also where half of the picture has left. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "qwen2-vl", "gemma3"})
    void aTokenOfTheAnswerLooksAsItWouldInThePrompt(String name) {
        FamilyGolden golden = FamilyGolden.of(name);
        Step half = new Step(new Station.Prompt(), List.of(), signals -> {
            int count = signals.layout().visual().length;
            int[] even = new int[count / 2];
            Arrays.setAll(even, i -> 2 * i);
            return Outcome.of(Decision.Keep.of(even));
        });
        PlanRun run =
                PlanRun.of(Plan.of("half", half), PlanRun.Question.none(), null).watching();
        PathEngine.Prompt prompt = golden.prompt(first(golden), run);
        int[] longer = Arrays.copyOf(prompt.ids(), prompt.ids().length + 1);
        longer[longer.length - 1] = 5;
        PathEngine.Prompt with = new PathEngine.Prompt(
                prompt.name(), longer, prompt.slots(), prompt.images(), run, prompt.ofImages(), prompt.room());
        try (PromptState apart = golden.engine.prefill(List.of(prompt)).getFirst();
                PromptState together = golden.engine.prefill(List.of(with)).getFirst()) {
            float[] before = attention(apart);
            golden.engine.extend(List.of(apart), List.of(new int[] {5}));
            same(attention(apart), attention(together));
            assertThat(attention(apart)).isNotEqualTo(before);
            float kept = 0;
            for (int i = 0; i < before.length; i++) {
                assertThat(before[i]).as("token " + i).isBetween(0f, i % 2 == 1 ? 0f : 1f);
                kept += before[i];
            }
            assertThat(kept).isPositive();
        }
    }

    @Test
    void nothingIsComputedUnlessItIsWanted() {
        FamilyGolden golden = FamilyGolden.of("llava-mha");
        try (PromptState state = golden.read(first(golden), PlanRun.plain())) {
            assertThat(state.attention()).isNull();
            state.watch(true);
            golden.engine.extend(List.of(state), List.of(new int[] {5}));
            assertThat(attention(state)).hasSize(state.ledger().total());
            state.watch(false);
            assertThat(state.attention()).isNull();
        }
    }
}
