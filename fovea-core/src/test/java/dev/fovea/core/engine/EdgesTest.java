package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Edges of attention: which tokens see which, while a prompt is read and while it is answered. */
class EdgesTest {

    private static final int[] KEPT = {0, 3, 4, 9};

    private static PlanRun run(List<Step> steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    /** Visual tokens are group 1, words group 0. */
    private static int[] groups(Layout layout) {
        int[] groups = new int[layout.length()];
        for (int v : layout.visual()) {
            groups[v] = 1;
        }
        return groups;
    }

    /** Words that never look at the picture say what they say where it has gone. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void aPictureThatNobodySeesIsAPictureThatIsNotThere(String name) {
        Golden golden = Golden.of(name);
        int layers = golden.model.decoder().layers().size();
        boolean[][] sees = {{true, false}, {true, true}};
        List<Step> blocked = new ArrayList<>();
        IntStream.range(0, layers)
                .forEach(l -> blocked.add(new Step(
                        new Station.Attention(l),
                        List.of(),
                        s -> Outcome.of(new Decision.Edges(new AttentionEdges(groups(s.layout()), sees))))));
        Step gone = new Step(
                new Station.Decoder(0), List.of(), s -> Outcome.of(new Decision.DropAllVisual(Positions.ORIGINAL)));
        try (PromptState state = golden.read("one_image", run(blocked));
                PromptState without = golden.read("one_image", run(List.of(gone)))) {
            Golden.assertClose(state.logits(), without.logits(), "read");
            for (int[] tokens : new int[][] {{33}, {90, 200}, {301}}) {
                golden.engine.extend(List.of(state, without), List.of(tokens, tokens));
                Golden.assertClose(state.logits(), without.logits(), "answered");
            }
        }
    }

    /** In the first layer alone, behind a decision that dropped some. */
    @Test
    void edgesOfALayerAreThoseOfTheTokensThatItHolds() {
        Golden golden = Golden.mha();
        Step fewer = new Step(new Station.Decoder(1), List.of(), s -> Outcome.of(Decision.Keep.of(0, 3, 4)));
        Step all = new Step(
                new Station.Attention(1),
                List.of(),
                s -> Outcome.of(new Decision.Edges(
                        AttentionEdges.branches(new int[s.layout().length()]))));
        try (PromptState state = golden.read("one_image", run(List.of(fewer, all)));
                PromptState plain = golden.read("one_image", run(List.of(fewer)))) {
            Golden.assertClose(state.logits(), plain.logits(), "read");
            golden.engine.extend(List.of(state, plain), List.of(new int[] {7}, new int[] {7}));
            Golden.assertClose(state.logits(), plain.logits(), "answered");
        }
    }

    /** Said once before the first layer, they hold in every layer, also for tokens that a deeper one lost. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void edgesOfThePromptAreThoseOfEveryLayer(String name) {
        Golden golden = Golden.of(name);
        boolean[][] sees = {{true, false, false}, {true, true, true}, {true, false, true}};
        Function<Layout, Decision> third = layout -> {
            int[] groups = groups(layout);
            int[] behind = layout.instruction();
            groups[behind[behind.length - 1]] = 2;
            // Odd cells are seen by nobody but visual tokens.
            IntStream.range(0, layout.visualCount())
                    .filter(i -> layout.cells()[i] % 2 == 0)
                    .forEach(i -> groups[layout.visual()[i]] = 2);
            return new Decision.Edges(new AttentionEdges(groups, sees));
        };
        Step fewer = new Step(
                new Station.Decoder(2), List.of(), s -> Outcome.of(new Decision.Keep(KEPT, Positions.RENUMBERED)));
        Step once = new Step(new Station.Prompt(), List.of(), s -> Outcome.of(third.apply(s.layout())));
        List<Step> everywhere = new ArrayList<>(List.of(fewer));
        IntStream.range(0, golden.model.decoder().layers().size())
                .forEach(l -> everywhere.add(
                        new Step(new Station.Attention(l), List.of(), s -> Outcome.of(third.apply(s.layout())))));
        try (PromptState state = golden.read("one_image", run(List.of(once, fewer)));
                PromptState layered = golden.read("one_image", run(everywhere));
                PromptState plain = golden.read("one_image", run(List.of(fewer)))) {
            assertThat(state.logits()).isNotEqualTo(plain.logits());
            Golden.assertClose(state.logits(), layered.logits(), "read");
            for (int[] tokens : new int[][] {{33}, {90, 200}, {301}}) {
                golden.engine.extend(List.of(state, layered), List.of(tokens, tokens));
                Golden.assertClose(state.logits(), layered.logits(), "answered");
            }
        }
    }

    /** Continuations behind one picture, under edges of the prompt: each says what it says alone, dropped tokens or not. */
    @Test
    void continuationsKeepTheirPositionsUnderEdges() {
        Golden golden = Golden.mha();
        boolean[][] sees = {{true, false}, {true, true}};
        Step blind = new Step(
                new Station.Prompt(),
                List.of(),
                s -> Outcome.of(new Decision.Edges(new AttentionEdges(groups(s.layout()), sees))));
        Step fewer = new Step(
                new Station.Decoder(1), List.of(), s -> Outcome.of(new Decision.Keep(KEPT, Positions.RENUMBERED)));
        try (Scope ignored = Scope.inference()) {
            EncodedImage image = golden.engine
                    .encode(List.of(golden.image(0, PlanRun.plain())))
                    .getFirst();
            PlanRun run = run(List.of(blind, fewer));
            float[] both = trained(golden, image, run, new int[] {30, 31, 32, 33}, new int[] {1, 1, 2, 2}, 3, 5);
            float[] first = trained(golden, image, run, new int[] {30, 31}, null, 3);
            float[] second = trained(golden, image, run, new int[] {32, 33}, null, 3);
            Golden.assertClose(Arrays.copyOf(both, first.length), first, "first");
            Golden.assertClose(Arrays.copyOfRange(both, first.length, both.length), second, "second");
        }
    }

    private static float[] trained(
            Golden golden, EncodedImage image, PlanRun run, int[] words, int @Nullable [] branches, int... asked) {
        int[] all = branches == null
                ? null
                : IntStream.concat(IntStream.of(0, 0), Arrays.stream(branches)).toArray();
        return Tensors.floats(TrainingPath.of(golden.model)
                .logits(List.of(new TrainingPath.Prompt(
                        List.of(
                                new TrainingPath.Span.Words(new int[] {1, 9}),
                                new TrainingPath.Span.Picture(image),
                                new TrainingPath.Span.Words(words)),
                        run,
                        all,
                        null,
                        asked))));
    }

    @Test
    void groupsOfOtherTokensAreRefused() {
        Golden golden = Golden.mha();
        Step wrong = new Step(
                new Station.Attention(0),
                List.of(),
                s -> Outcome.of(new Decision.Edges(AttentionEdges.branches(0, 0))));
        assertThatThrownBy(() -> golden.read("one_image", run(List.of(wrong))))
                .hasMessageContaining("gave groups of 2 tokens for ");
    }
}
