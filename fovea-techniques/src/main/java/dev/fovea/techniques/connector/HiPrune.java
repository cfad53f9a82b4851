package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * HiPrune (arXiv 2508.00553): anchors most attended in a middle encoder layer, their grid neighbours as buffers, and
 * registers most attended in the last used layer. No text, no class token needed.
 */
public final class HiPrune implements Technique {
    private static final Card CARD = Card.of("""
            id          hiprune
            title       HiPrune: Training-Free Visual Token Pruning via Hierarchical Attention in Vision-Language Models
            arxiv       2508.00553
            summary     Keeps the patches most attended in a middle encoder layer, their neighbours, and the patches
                        most attended in the last used layer.
            stations    connector
            budget      Tokens kept per image, exactly.
            knob        alpha = 0.1, share: Share of the budget for anchors and their neighbours.
            knob        layer = 9/24 encoder layers: Object layer, counted from 1.
            knob        deep = auto encoder layers: Register layer, counted from 1; auto is the feature layer.
            knob        neighbours = official | paper | clean: Neighbours outside the grid: clamped to its first or last
                        token (official code), dropped (paper), or dropped also across row ends (clean).
            knob        attention = received | cls: Rank by the attention received from all tokens or from the class
                        token alone.
            knob        beta = 0, share: HiPrune++: share of the budget for the tokens closest to the question (paper:
                        0.1).
            substitute  question
            note        HiPrune++ (beta above 0) takes its tokens from the same budget; the paper does not say how the
                        two share it.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        Signal.EncoderAttention object = attention(shape, knobs.layer("layer", shape), knobs);
        Signal.EncoderAttention deep = attention(shape, knobs.layer("deep", shape, shape.featureLayers()), knobs);
        TextAffinity text = new TextAffinity(shape);
        double alpha = knobs.number("alpha");
        double beta = knobs.number("beta");
        String neighbours = knobs.text("neighbours");
        List<Signal<?>> needs = new ArrayList<>(new LinkedHashSet<>(List.of(object, deep)));
        needs.addAll(beta > 0 ? text.needs() : List.of());
        return List.of(new Step(new Station.Connector(), needs, s -> {
            Shapes.requireWholeGrid(s.layout(), CARD.id());
            int count = Spending.perImage(budget, s.layout());
            int fromText = (int) Math.rint(beta * count);
            int early = count - fromText;
            float[] registers = s.get(deep);
            int[] anchors = HiPruneAnchors.withBuffers(
                    s.get(object), early, alpha, neighbours, s.layout().cols());
            int[] kept = TopK.filled(anchors, registers, early);
            return Outcome.of(
                    Decision.Keep.of(fromText == 0 ? kept : TopK.filled(kept, text.cosines(s), count)), registers);
        }));
    }

    private static Signal.EncoderAttention attention(ModelShape shape, int layer, Knobs knobs) {
        boolean fromCls = knobs.is("attention", "cls");
        if (fromCls && !shape.hasCls()) {
            throw new IllegalArgumentException("Technique 'hiprune' with attention=cls needs an encoder with a class "
                    + "token; this model has none, use attention=received.");
        }
        return new Signal.EncoderAttention(layer - 1, fromCls ? EncoderQueries.CLS : EncoderQueries.ALL, Heads.MEAN);
    }
}
