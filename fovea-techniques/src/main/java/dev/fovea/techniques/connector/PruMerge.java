package dev.fovea.techniques.connector;

import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import java.util.List;

/**
 * PruMerge and PruMerge+ (arXiv 2403.15388): patches with outlying class attention, for PruMerge+ also some at regular
 * intervals, each enriched by those with the nearest keys.
 */
public final class PruMerge implements Technique {
    private static final Card CARD = Card.of("""
            id          prumerge
            title       LLaVA-PruMerge: Adaptive Token Reduction for Efficient Large Multimodal Models
            arxiv       2403.15388
            summary     Keeps patches with outlying class attention, adds to each the patches with the nearest keys, and
                        sums up what was not kept in one more token.
            stations    connector
            budget      Not read unless it is full or count=budget; the published method finds its own count for every
                        picture (about 32 to 40 of 576, with plus about 144).
            knob        plus = off | on: PruMerge+, which also keeps patches at regular intervals.
            knob        count = adaptive | fixed | budget: How many are kept: outliers of class attention, an eighth as
                        in the authors' training (with plus a second eighth at regular places), or the budget in all.
            knob        iqr = 1.5, 0..100: Interquartile ranges above the third quartile at which a patch is an outlier.
            knob        nearest = 32, whole 1..4096: Patches that are added to a kept one.
            substitute  class-attention
            note        The class attention is that of the encoder's last layer, its heads taken as one.
            note        Tokens come in the order of their attention, not of the picture, and sums are not divided by
                        their weights, as in the authors' code; the paper speaks of weighted averages.
            note        Where nothing is an outlier PruMerge+ keeps every eighth patch (the authors' code stops there),
                        and PruMerge the one token of all.
            note        With plus and count=fixed a patch that is picked twice makes two tokens, as in the authors' code,
                        which then forgets as many of the other patches, the first of the picture; here none is.
            note        count=budget is how others compare it (EffiVLM-Bench); the last token counts here.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int last = shape.encoderLayers() - 1;
        Signal.EncoderProjection keys = new Signal.EncoderProjection(last, Projection.KEY);
        Signal.EncoderProjection queries = new Signal.EncoderProjection(last, Projection.QUERY);
        Signal.EncoderAttention received = Shapes.saliency(shape, last, Heads.MEAN);
        PickedPatches rule = new PickedPatches(knobs.flag("plus"), knobs.number("iqr"), knobs.integer("nearest"));
        String count = knobs.text("count");
        return List.of(new Step(new Station.Connector(), List.of(keys, shape.hasCls() ? queries : received), s -> {
            float[] attention = shape.hasCls()
                    ? RecoveryFilters.singleHeadAttention(s.get(queries).row(0), s.get(keys))
                    : s.get(received);
            int[] picked = switch (count) {
                case "fixed" -> rule.fixed(attention);
                case "budget" -> rule.ofBudget(attention, Math.max(1, Spending.perImage(budget, s.layout()) - 1));
                default -> rule.adaptive(attention);
            };
            return Outcome.of(rule.merge(attention, Shapes.patchRows(shape, s.get(keys)), picked), attention);
        }));
    }
}
