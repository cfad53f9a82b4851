package dev.fovea.core.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Recording;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Prompts and pictures that pass each layer in blocks of a few rows are read and answered as all rows at once are. */
class InBlocksTest {
    /** Cuts every prompt and most pictures, between two tokens of a picture too. */
    private static final int FEW = 7;

    static List<String> names() {
        return Stream.concat(
                        FamilyParityTest.names().stream(),
                        Stream.of(
                                "llava-mha",
                                "text-gemma2",
                                "text-gemma3",
                                "text-llama",
                                "text-mistral",
                                "text-mistral-window",
                                "text-qwen2",
                                "text-qwen2-window",
                                "text-qwen3"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void plainPromptsAloneAndTogether(String name) {
        FamilyGolden whole = FamilyGolden.of(name);
        FamilyGolden few = whole.takingAtOnce(FEW);
        List<String> prompts = whole.prompts();
        // Of a picture that was shown in an earlier turn.
        prompts.remove("two_turns");
        List<PromptState> expected = whole.engine.prefill(
                prompts.stream().map(p -> whole.prompt(p, PlanRun.plain())).toList());
        List<PromptState> actual = new ArrayList<>();
        prompts.forEach(p -> actual.add(few.read(p, PlanRun.plain())));
        // A bound between the lengths of the prompts: some whole ones make a block, others are cut.
        FamilyGolden some = whole.takingAtOnce(80);
        actual.addAll(some.engine.prefill(
                prompts.stream().map(p -> some.prompt(p, PlanRun.plain())).toList()));
        same(actual, expected);
        // More tokens than a layer takes at once follow, then the words of the answer.
        int[] more = IntStream.range(0, 2 * FEW + 3).map(i -> 5 + i).toArray();
        whole.engine.extend(expected, expected.stream().map(s -> more).toList());
        few.engine.extend(actual, actual.stream().map(s -> more).toList());
        same(actual, expected);
        for (int step = 0; step < 3; step++) {
            List<int[]> tokens = expected.stream()
                    .map(s -> new int[] {Golden.argmax(s.logits())})
                    .toList();
            whole.engine.extend(expected, tokens);
            List<int[]> next = IntStream.range(0, actual.size())
                    .mapToObj(i -> tokens.get(i % tokens.size()))
                    .toList();
            few.engine.extend(actual, next);
            same(actual, expected);
        }
        actual.forEach(PromptState::close);
        expected.forEach(PromptState::close);
    }

    private static void same(List<PromptState> actual, List<PromptState> expected) {
        for (int i = 0; i < actual.size(); i++) {
            PromptState other = expected.get(i % expected.size());
            Golden.assertClose(actual.get(i).logits(), other.logits(), "prompt " + i);
            assertThat(Golden.argmax(actual.get(i).logits())).isEqualTo(Golden.argmax(other.logits()));
            Golden.assertClose(actual.get(i).finalState(), other.finalState(), "last state of prompt " + i);
        }
    }

    /** Looks at everything that can be looked at, in the layer that is entered and in the one behind. */
    private static List<Signal<?>> everything(int layer) {
        List<Signal<?>> all = new ArrayList<>(List.of(
                new Signal.DecoderHidden(),
                new Signal.DecoderHidden(Signal.PromptTokens.INSTRUCTION, true),
                new Signal.DecoderPositions()));
        for (int l : new int[] {layer - 1, layer}) {
            for (Signal.DecoderQueries queries : Signal.DecoderQueries.values()) {
                all.add(new Signal.DecoderAttention(l, queries, Signal.KeyScope.ALL, true));
                all.add(new Signal.DecoderAttention(l, queries, Signal.KeyScope.VISUAL, l == layer));
            }
            all.add(new Signal.DecoderProjection(l, Signal.Projection.KEY, true));
            all.add(new Signal.DecoderProjection(l, Signal.Projection.QUERY, false));
            all.add(new Signal.DecoderLastProjection(l, Signal.Projection.QUERY, true));
            all.add(new Signal.DecoderInstructionProjection(l, Signal.Projection.VALUE, false));
            all.add(new Signal.DecoderInstructionAttention(l, false));
            all.add(new Signal.DecoderInstructionAttention(l, true));
            all.add(new Signal.DecoderAttentionMap(l));
        }
        return all;
    }

    /** At every station of the language model. */
    static Plan busy(boolean edges) {
        Signal.DecoderAttention seen =
                new Signal.DecoderAttention(1, Signal.DecoderQueries.LAST, Signal.KeyScope.ALL, true);
        List<Step> steps = new ArrayList<>();
        if (edges) {
            boolean[][] sees = {{true, true}, {false, true}};
            steps.add(new Step(new Station.Prompt(), List.of(), s -> {
                int[] groups = new int[s.layout().length()];
                for (int v : s.layout().visual()) {
                    groups[v] = 1;
                }
                return Outcome.of(new Decision.Edges(new AttentionEdges(groups, sees)));
            }));
        }
        steps.add(new Step(new Station.Decoder(1), everything(1), s -> {
            int n = s.layout().visualCount();
            float[] scores = s.get(seen);
            float[] ofVisual = new float[n];
            IntStream.range(0, n).forEach(v -> ofVisual[v] = scores[s.layout().visual()[v]]);
            int[] kept = IntStream.range(0, n).filter(v -> v % 3 != 1).toArray();
            return Outcome.of(new Decision.Keep(kept, Positions.RENUMBERED), ofVisual);
        }));
        steps.add(new Step(new Station.Decoder(2), everything(2), s -> {
            int n = s.layout().visualCount();
            int[] members = IntStream.range(0, n).toArray();
            float[] weights = new float[n];
            int groups = (n + 1) / 2;
            int[] offsets = IntStream.rangeClosed(0, groups)
                    .map(g -> Math.min(n, 2 * g))
                    .toArray();
            IntStream.range(0, n).forEach(i -> weights[i] = 0.5f);
            int[] anchors = IntStream.range(0, groups).map(g -> 2 * g).toArray();
            return Outcome.of(new Decision.Merge(offsets, members, weights, anchors, Positions.ORIGINAL));
        }));
        steps.add(new Step(new Station.Attention(1), List.of(), s -> {
            float[] factors = new float[s.layout().visualCount()];
            IntStream.range(0, factors.length).forEach(i -> factors[i] = 0.1f * (i % 4));
            return Outcome.of(new Decision.Rescale(factors));
        }));
        return Plan.of("busy", steps);
    }

    /** Decisions and signals between the layers are what they are otherwise; so is what follows. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "llava-mha",
                "qwen2-vl",
                "qwen3-vl",
                "idefics3",
                "gemma3",
                "paligemma2",
                "llava-next",
                "mistral3",
                "internvl"
            })
    void aPlanSeesAndDecidesTheSame(String name) {
        FamilyGolden whole = FamilyGolden.of(name);
        for (boolean edges : new boolean[] {false, true}) {
            if (edges && name.startsWith("paligemma")) {
                continue;
            }
            Recording expected = new Recording();
            Recording actual = new Recording();
            String prompt = "two_images";
            FamilyGolden few = whole.takingAtOnce(FEW);
            try (PromptState one = whole.read(prompt, run(busy(edges), expected));
                    PromptState other = few.read(prompt, run(busy(edges), actual))) {
                assertThat(actual.entries().keySet())
                        .isEqualTo(expected.entries().keySet());
                expected.entries().forEach((key, entry) -> compare(key, actual.entries(), entry));
                Golden.assertClose(other.logits(), one.logits(), "read");
                assertThat(fates(other)).isEqualTo(fates(one));
                int[] more = IntStream.range(0, FEW + 2).map(i -> 9 + i).toArray();
                for (int[] tokens : new int[][] {{9}, more, {45}}) {
                    whole.engine.extend(List.of(one), List.of(tokens));
                    few.engine.extend(List.of(other), List.of(tokens));
                    Golden.assertClose(other.logits(), one.logits(), "answered");
                }
            }
        }
    }

    private static List<Ledger.Fate> fates(PromptState state) {
        return state.ledger().tokens().stream().map(Ledger.Token::fate).toList();
    }

    /** A class token among the visual ones, and query heads that share keys. */
    @Test
    void whereTheClassTokenIsAFeature() {
        Golden golden = Golden.gqa();
        PlanRun run = PlanRun.plain();
        PathEngine few = golden.engine.takingAtOnce(FEW);
        List<EncodedImage> images = few.encode(golden.pictures("two_images").stream()
                .map(i -> golden.image(i, run))
                .toList());
        try (PromptState one = golden.read("two_images", run);
                PromptState other = few.prefill(
                                List.of(new PathEngine.Prompt("", golden.ids("two_images"), images, run, 8)))
                        .getFirst()) {
            Golden.assertClose(other.logits(), one.logits(), "read");
        }
        images.forEach(EncodedImage::close);
    }

    private static PlanRun run(Plan plan, Recording recording) {
        return PlanRun.of(plan, PlanRun.Question.none(), recording);
    }

    private static void compare(String key, Map<String, Recording.Entry> actual, Recording.Entry expected) {
        Recording.Entry own = requireNonNull(actual.get(key), key);
        switch (expected) {
            case Recording.Values values -> Golden.assertClose(((Recording.Values) own).data(), values.data(), key);
            case Recording.Indices indices ->
                assertThat(((Recording.Indices) own).data()).as(key).containsExactly(indices.data());
        }
    }
}
