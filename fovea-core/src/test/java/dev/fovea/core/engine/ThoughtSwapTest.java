package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Where a thought of equal words keeps what it holds: in the cache. Written as text, the thought about another picture has
 * the same words, and nothing changes; with what the cache has of it, the answer does.
 */
class ThoughtSwapTest {
    private static final int[] PROMPT = {1, 346, 30, 4, 203, 339, 225, 277};
    private static final int[] THOUGHT = {77, 77, 77, 77};
    private static final int[] ANSWER = {120};

    private static final FamilyGolden GOLDEN = FamilyGolden.of("llava-mha");

    private static PromptState thinking(String picture) {
        List<EncodedImage> image = GOLDEN.encode(List.of(GOLDEN.picture(picture)), PlanRun.plain());
        try {
            PromptState state = GOLDEN.engine
                    .prefill(List.of(new PathEngine.Prompt("", PROMPT, image, PlanRun.plain(), 16)))
                    .getFirst();
            GOLDEN.engine.answer(List.of(state), List.of(THOUGHT));
            return state;
        } finally {
            image.forEach(EncodedImage::close);
        }
    }

    private static float[] answer(PromptState state) {
        GOLDEN.engine.answer(List.of(state), List.of(ANSWER));
        return state.logits();
    }

    /** The last words of one cache take the place of those of another, layer by layer. */
    private static void swap(PromptState into, PromptState from) {
        try (Scope ignored = Scope.inference()) {
            int layers = GOLDEN.engine.model().decoder().layers().size();
            for (int l = 0; l < layers; l++) {
                var own = into.sequence().cache().layer(l);
                var other = from.sequence().cache().layer(l);
                long n = THOUGHT.length;
                own.keys().narrow(1, own.length() - n, n).copy_(other.keys().narrow(1, other.length() - n, n));
                own.values().narrow(1, own.length() - n, n).copy_(other.values().narrow(1, other.length() - n, n));
            }
        }
    }

    @Test
    void whatAThoughtHoldsIsInTheCache() {
        float[] plain;
        float[] again;
        float[] ownStates;
        float[] otherStates;
        float[] otherPicture;
        try (PromptState state = thinking("wide")) {
            plain = answer(state);
        }
        // The words of the thought about the other picture are the same: as text they change nothing.
        try (PromptState state = thinking("wide")) {
            again = answer(state);
        }
        try (PromptState state = thinking("wide");
                PromptState twin = thinking("wide")) {
            swap(state, twin);
            ownStates = answer(state);
        }
        try (PromptState state = thinking("wide");
                PromptState other = thinking("tall")) {
            swap(state, other);
            otherStates = answer(state);
        }
        try (PromptState state = thinking("tall")) {
            otherPicture = answer(state);
        }
        assertThat(again).containsExactly(plain);
        assertThat(ownStates).containsExactly(plain);
        assertThat(otherStates).isNotEqualTo(plain).isNotEqualTo(otherPicture);
        assertThat(distance(otherStates, plain)).isGreaterThan(1e-4);
    }

    private static double distance(float[] a, float[] b) {
        double most = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most;
    }
}
