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
import dev.fovea.core.technique.Depth;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.TopK;
import java.util.List;
import java.util.stream.IntStream;

/**
 * VTC-CLS (arXiv 2412.05819): patches ranked by the attention of the class token, averaged over several consecutive
 * late encoder layers.
 */
public final class VtcCls implements Technique {
    private static final Card CARD = Card.of("""
            id          vtc-cls
            title       [CLS] Token Tells Everything Needed for Training-free Efficient MLLMs
            arxiv       2412.05819
            summary     Keeps the patches that the encoder's class token attends to most, averaged over several late
                        layers.
            stations    connector, decoder
            budget      Tokens kept per image; with where=llm, tokens left after layer k.
            knob        layers = auto feature layers: Encoder layers in the ensemble, ending at the feature layer; auto
                        is 3 of 24, at least 2.
            knob        ensemble = mean | min | max: How the layers' scores become one.
            knob        where = encoder | llm: Drop before the projector, or inside the language model (the paper's
                        variant).
            knob        k = 2/32 decoder layers: Decoder layers that see all tokens if where=llm.
            substitute  class-attention
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int last = shape.featureLayers();
        int derived = Math.max(2, Depth.scaled(3, 24, shape.encoderLayers()));
        int count = knobs.layer("layers", shape, Math.min(derived, last));
        List<Signal.EncoderAttention> rows = IntStream.range(last - count, last)
                .mapToObj(layer -> Shapes.saliency(shape, layer, Heads.MEAN))
                .toList();
        boolean early = knobs.is("where", "encoder");
        String ensemble = knobs.text("ensemble");
        Station station = early ? new Station.Connector() : new Station.Decoder(knobs.layer("k", shape));
        return List.of(new Step(station, List.copyOf(rows), s -> {
            float[] scores = combine(rows.stream().map(s::get).toList(), ensemble);
            int kept = early ? Spending.perImage(budget, s.layout()) : Spending.inPrompt(budget, shape, s.layout());
            return Outcome.of(Decision.Keep.of(TopK.largestInOrder(scores, kept)), scores);
        }));
    }

    /** Element-wise mean, minimum or maximum over layers. */
    static float[] combine(List<float[]> layers, String ensemble) {
        float[] out = layers.getFirst().clone();
        for (float[] layer : layers.subList(1, layers.size())) {
            for (int i = 0; i < out.length; i++) {
                out[i] = switch (ensemble) {
                    case "min" -> Math.min(out[i], layer[i]);
                    case "max" -> Math.max(out[i], layer[i]);
                    default -> out[i] + layer[i];
                };
            }
        }
        if (ensemble.equals("mean")) {
            for (int i = 0; i < out.length; i++) {
                out[i] /= layers.size();
            }
        }
        return out;
    }
}
