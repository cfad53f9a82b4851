package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Edges of attention: which tokens see which, while a prompt is read and while it is answered. */
class EdgesTest {

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
