package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import java.util.List;

/**
 * Turbo (arXiv 2407.11717): ToMe's matching, where tokens with semantic value (attention of the class token) are merged
 * later.
 */
public final class Turbo implements Technique {
    private static final Card CARD = Card.of("""
            id          turbo
            title       Turbo: Informativity-Driven Acceleration Plug-In for Vision-Language Large Models
            arxiv       2407.11717
            summary     Merges tokens in every encoder block, duplicates and unimportant ones first.
            stations    encoder, connector
            budget      Tokens per image after the last used block, exactly, as for tome.
            full        acts with r
            knob        r = auto, whole 0..4096: Tokens merged away per block; auto follows the budget, a number
                        replaces it and follows the official schedule over all blocks of the encoder, used or not.
            knob        alpha = 5, 0..1000: Weight of the semantic value.
            knob        scale = 30, 0..1000: Factor of alpha in the official code; the paper has none.
            knob        fusion = s1 | s2 | s3 | s4: Merge priority of redundancy R and semantic value A, R - aA, R / A,
                        R (1 - aA) or R - beta^|gamma - block| aA.
            knob        beta = 1, 0..10: Base of s4.
            knob        gamma = 0, 0..1000: Block at which s4 is weighted fully.
            knob        floor = auto, whole 0..4096: Blocks that see fewer tokens merge nothing (code: 40); auto is 40,
                        or less where the budget asks for less.
            knob        inflection = 0, -1..1: 0 for the same r in every block; -1 for falling from 2r to 0.
            knob        proportional = on | off: Whether attention counts a merged token as often as patches it stands
                        for.
            knob        order = raster | official: Order in which the language model reads the tokens, by place or as
                        the matching leaves them.
            substitute  class-attention
            note        Dropping image tokens layer by layer in a text-fusion encoder is for models with
                        cross-attention.
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
        int asked = knobs.isAuto("r") ? budget.of(shape.patches()) : 40;
        MergeSchedule schedule =
                MergeSchedule.of(CARD.id(), shape, budget, knobs, knobs.integer("floor", Math.min(40, asked)));
        double coefficient = knobs.number("alpha") * knobs.number("scale");
        TurboFusion fusion =
                new TurboFusion(knobs.text("fusion"), coefficient, knobs.number("beta"), knobs.number("gamma"));
        return TokenMerging.steps(shape, schedule, knobs, layer -> block(shape, layer, schedule, fusion));
    }

    private static Step block(ModelShape shape, int layer, MergeSchedule schedule, TurboFusion fusion) {
        Signal.EncoderAttention semantic = Shapes.saliency(shape, layer, Heads.MEAN);
        int shift = Shapes.firstPatch(shape);
        List<Signal<?>> needs = List.of(TokenMerging.keys(layer), TokenMerging.SIZES, semantic);
        return new Step(new Station.EncoderAttention(layer), needs, s -> {
            float[] value = s.get(semantic);
            int r = schedule.removed(layer, s.layout());
            Decision merge = TokenMerging.merged(
                    s,
                    shape,
                    layer,
                    r,
                    (source, similarity) -> fusion.priority(similarity, value[source - shift], layer));
            return Outcome.of(merge, value);
        });
    }
}
