package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import java.util.List;

/**
 * Token Merging (ToMe, arXiv 2210.09461): every encoder block merges a fixed number of tokens into their most similar
 * partners, between attention and MLP.
 */
public final class Tome implements Technique {
    private static final Card CARD = Card.of("""
            id        tome
            title     Token Merging: Your ViT But Faster
            arxiv     2210.09461
            summary   Merges similar tokens in every encoder block by bipartite soft matching of keys.
            stations  encoder, connector
            budget    Tokens per image after the last used block, exactly: the smallest r that reaches it, the last
                      block merging only what is left to merge. The slope then runs over the used blocks.
            full      acts with r
            knob      r = auto, whole 0..4096: Tokens merged away per block; auto follows the budget, a number replaces
                      it and follows the official schedule over all blocks of the encoder, used or not.
            knob      inflection = 0, -1..1: 0 for the same r in every block; -1 for falling from 2r to 0.
            knob      proportional = on | off: Whether attention counts a merged token as often as patches it stands
                      for.
            knob      order = raster | official: Order in which the language model reads the tokens, by place or as the
                      matching leaves them.
            note      A block merges at most half of its tokens; smaller budgets are refused.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        return Technique.super.plan(shape, budget, knobs).withProportionalAttention(knobs.flag("proportional"));
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        MergeSchedule schedule = MergeSchedule.of(CARD.id(), shape, budget, knobs, 0);
        return TokenMerging.steps(shape, schedule, knobs, layer -> block(shape, layer, schedule));
    }

    private static Step block(ModelShape shape, int layer, MergeSchedule schedule) {
        return new Step(
                new Station.EncoderAttention(layer), List.of(TokenMerging.keys(layer), TokenMerging.SIZES), s -> {
                    int r = schedule.removed(layer, s.layout());
                    return Outcome.of(TokenMerging.merged(s, shape, layer, r, (source, similarity) -> similarity));
                });
    }
}
