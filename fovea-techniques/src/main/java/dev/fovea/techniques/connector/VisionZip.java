package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
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
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/**
 * VisionZip (arXiv 2412.04467): the class token and the patches that it attends to most stay, all others are folded into
 * evenly spaced ones among them whose keys they resemble.
 */
public final class VisionZip implements Technique {
    private static final Card CARD = Card.of("""
            id          visionzip
            title       VisionZip: Longer is Better but Not Necessary in Vision Language Models
            arxiv       2412.04467
            summary     Keeps the class token and the patches that it attends to most, and folds the others into a few
                        contextual tokens by the similarity of their keys.
            stations    connector
            budget      Tokens per image, exactly, the class token among them.
            knob        contextual = 0.15625, share: Share of the budget for contextual tokens; the default gives the
                        authors' 162+30, 108+20 and 54+10 for 192, 128 and 64.
            knob        cls = on | off: Whether the class token goes to the language model, as in the authors' code.
            substitute  class-attention
            note        A contextual token is its target plus the mean of what joins it, so about twice as long as a
                        patch.
            note        Encoders without a class token have none in the output, and models that pass theirs on anyway no
                        second one.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int layer = shape.featureLayers() - 1;
        Signal.EncoderAttention attention = Shapes.saliency(shape, layer, Heads.SUM);
        Signal.EncoderProjection keys = new Signal.EncoderProjection(layer, Projection.KEY);
        double share = knobs.number("contextual");
        boolean withCls = knobs.flag("cls") && shape.hasCls() && !shape.clsInFeatures();
        return List.of(new Step(new Station.Connector(), List.of(attention, keys), s -> {
            int count = Spending.perImage(budget, s.layout());
            int contextual = Math.min((int) Math.round(share * count), count - 1);
            MergeBuilder merge = new MergeBuilder();
            if (withCls) {
                merge.group(Decision.CLS, new int[] {Decision.CLS}, new float[] {1});
            }
            float[] scores = s.get(attention);
            SelectAndMerge.apply(
                    merge,
                    scores,
                    Vectors.meanOverHeads(Shapes.patchRows(shape, s.get(keys)), shape.encoderHeads()),
                    count - contextual - merge.size(),
                    contextual);
            return Outcome.of(merge.build(), scores);
        }));
    }
}
