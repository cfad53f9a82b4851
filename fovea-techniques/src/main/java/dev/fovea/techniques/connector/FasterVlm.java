package dev.fovea.techniques.connector;

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
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.TopK;
import java.util.List;

/** FasterVLM (arXiv 2412.01818v1): the patches that the class token attends to most in the feature layer. */
public final class FasterVlm implements Technique {
    private static final Card CARD = Card.of("""
            id          fastervlm
            title       [CLS] Attention is All You Need for Training-Free Visual Token Pruning: Make VLM Inference
                        Faster
            arxiv       2412.01818
            summary     Keeps the patches that the encoder's class token attends to most in the feature layer.
            stations    connector
            budget      Tokens kept per image.
            substitute  class-attention
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        Signal.EncoderAttention attention = Shapes.saliency(shape, shape.featureLayers() - 1, Heads.MEAN);
        return List.of(new Step(new Station.Connector(), List.of(attention), s -> {
            float[] scores = s.get(attention);
            int[] kept = TopK.largestInOrder(scores, Spending.perImage(budget, s.layout()));
            return Outcome.of(Decision.Keep.of(kept), scores);
        }));
    }
}
