package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import java.util.ArrayList;
import java.util.List;

/**
 * FlowCut (arXiv 2505.19536): prunes at every second encoder layer by a score smoothed over layers, as many tokens as
 * the concentration of the class token's attention and the layers left suggest.
 */
public final class FlowCut implements Technique {
    private static final Card CARD = Card.of("""
            id        flowcut
            title     FlowCut: Rethinking Redundancy via Information Flow for Efficient Vision-Language Models
            arxiv     2505.19536
            summary   Prunes gradually inside the encoder, more where the class token's attention is concentrated, by a
                      score of attention, value similarity and value norm.
            stations  encoder, decoder
            budget    Tokens per image that reach the language model; with llm-cut=on, tokens left after the cut.
            knob      smoothing = 0.5, share: Weight of the newest layer in the cumulative score.
            knob      llm-cut = off | on: Stop at twice the budget in the encoder and cut to it inside the language
                      model (models with many visual tokens).
            knob      llm-layer = 2/32 decoder layers: Decoder layers before that cut.
            note      Counts are decided for each image by itself; the official code takes the largest of a batch.
            note      Encoders without a class token: the mean query over patches takes the place of the class query,
                      and the score has no value similarity (official code for such encoders).
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int layers = shape.featureLayers();
        int offset = shape.hasCls() ? 2 : 1;
        if (layers < offset) {
            throw new IllegalArgumentException("Technique 'flowcut' needs features from at least " + offset
                    + " encoder layers; this model takes them after " + layers + ".");
        }
        boolean cut = shape.hasLanguageModel() && knobs.flag("llm-cut");
        float smoothing = (float) knobs.number("smoothing");
        List<Step> steps = new ArrayList<>();
        for (int layer = 0; layer <= layers - offset; layer++) {
            FlowCutLayer rule = new FlowCutLayer(shape, layer, layers - offset - layer, budget, cut ? 2 : 1, smoothing);
            steps.add(new Step(new Station.EncoderOutput(layer), rule.needs(), rule::decide));
        }
        if (cut) {
            steps.add(FlowCutInDecoder.step(shape, budget, knobs.layer("llm-layer", shape)));
        }
        return steps;
    }
}
