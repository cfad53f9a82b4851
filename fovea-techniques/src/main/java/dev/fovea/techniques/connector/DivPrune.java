package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.Diversity;
import java.util.Arrays;
import java.util.List;

/**
 * DivPrune (arXiv 2503.02175): the subset of projected tokens whose closest pair is as far apart as possible in cosine
 * distance, by one greedy pass from the most isolated token.
 */
public final class DivPrune implements Technique {
    private static final Card CARD = Card.of("""
            id        divprune
            title     DivPrune: Diversity-based Visual Token Pruning for Large Multimodal Models
            arxiv     2503.02175
            summary   Keeps the projected tokens that lie farthest from each other, whatever is asked.
            stations  connector
            budget    Tokens kept per image, 9.8 % in the paper; a share is rounded half up, in the released code half
                      to even.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        Signal.Projected tokens = new Signal.Projected();
        return List.of(new Step(new Station.Projector(), List.of(tokens), s -> {
            int[] kept = Diversity.maxMin(s.get(tokens), Spending.perImage(budget, s.layout()));
            Arrays.sort(kept);
            return Outcome.of(Decision.Keep.of(kept));
        }));
    }
}
