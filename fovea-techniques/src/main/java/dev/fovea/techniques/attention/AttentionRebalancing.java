package dev.fovea.techniques.attention;

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
import java.util.ArrayList;
import java.util.List;

/**
 * Attention rebalancing (arXiv 2501.12206): the newest position's attention scores towards local and summary visual
 * tokens, chosen by the encoder's class token, are raised in deep decoder layers; next-token logits are contrasted with
 * those of a branch that never saw the image.
 */
public final class AttentionRebalancing implements Technique {
    private static final Card CARD = Card.of("""
            id          attention-rebalancing
            title       Fixing Imbalanced Attention to Mitigate In-Context Hallucination of Large Vision-Language Model
            arxiv       2501.12206
            summary     Raises the newest token's attention to informative visual tokens in deep layers and contrasts
                        its logits with an image-free branch.
            stations    attention, logits
            budget      Not read, no tokens are spent: the answer differs from the plain model's at every budget unless
                        alpha=0, beta=0 and gamma=1.
            full        acts
            knob        alpha = 0.7, 0..0.999: Boost of local tokens.
            knob        beta = 0.4, 0..0.999: Boost of summary tokens.
            knob        local = 0.25, share: Share of the visual tokens that are local.
            knob        spatial = 0, share: Share of spatial tokens that join the local ones (paper: 0.05).
            knob        from = 2/32 decoder layers from 0: First decoder layer, counted from 0.
            knob        to = auto decoder layers from 0: Last decoder layer, counted from 0; auto is the last.
            knob        gamma = 1.1, 1..10: Strength of the image-free contrast; 1 switches it off.
            knob        cutoff = 0.1, share: Tokens less likely than this share of the likeliest are ruled out.
            substitute  class-attention
            note        Report length and distinct 4-grams beside hallucination rates: part of the published gain
                        coincides with repetitive text.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int from = knobs.layer("from", shape);
        int to = knobs.layer("to", shape, shape.decoderLayers() - 1);
        if (from > to) {
            throw new IllegalArgumentException(
                    "Technique 'attention-rebalancing' needs from <= to, got from=" + from + " and to=" + to + ".");
        }
        AttentionBoost boost = new AttentionBoost(
                Shapes.saliency(shape, 0, Heads.SUM),
                Shapes.saliency(shape, Math.max(0, shape.encoderLayers() - 2), Heads.SUM),
                new Signal.EncoderAttention(0, EncoderQueries.ALL, Heads.MEAN),
                knobs.number("alpha"),
                knobs.number("beta"),
                knobs.number("local"),
                knobs.number("spatial"));
        List<Step> steps = new ArrayList<>();
        for (int layer = from; layer <= to && boost.acts(); layer++) {
            steps.add(new Step(new Station.Attention(layer), boost.needs(), boost::decide));
        }
        double gamma = knobs.number("gamma");
        if (gamma > 1) {
            steps.add(ImageFreeContrast.step(gamma, knobs.number("cutoff")));
        }
        return steps;
    }
}
