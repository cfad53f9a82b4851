package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Depth;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.List;

/**
 * VTC-CLS (arXiv 2412.05819): patches ranked by the attention of the class token, averaged over several consecutive
 * late encoder layers.
 */
public final class VtcCls implements Technique {
    private static final Card CARD = new Card(
            "vtc-cls",
            "[CLS] Token Tells Everything Needed for Training-free Efficient MLLMs",
            "2412.05819",
            "Keeps the patches that the encoder's class token attends to most, averaged over several late layers.",
            List.of("connector", "decoder"),
            List.of(
                    Knob.number(
                            "layers",
                            "auto",
                            1,
                            1000,
                            "Encoder layers in the ensemble, ending at the feature layer; auto is 3 of 24, at least "
                                    + "2."),
                    Knob.choice(
                            "ensemble", "mean", List.of("mean", "min", "max"), "How the layers' scores become one."),
                    Knob.choice(
                            "where",
                            "encoder",
                            List.of("encoder", "llm"),
                            "Drop before the projector, or inside the language model (the paper's variant)."),
                    Knob.number(
                            "k", "auto", 1, 1000, "Decoder layers that see all tokens if where=llm; auto is 2 of 32.")),
            false,
            List.of("Budget: tokens kept per image; with where=llm, tokens left after layer k.", Shapes.SALIENCY_NOTE));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        int last = shape.featureLayers();
        int derived = Math.max(2, Depth.scaled(3, Depth.ENCODER, shape.encoderLayers()));
        int count = knobs.integer("layers", Math.min(derived, last));
        if (count > last) {
            throw new IllegalArgumentException("Knob 'layers' of technique 'vtc-cls' must be in 1.." + last
                    + " for this model, whose features come from encoder layer " + last + ", got " + count + ".");
        }
        List<Signal.EncoderAttention> rows = new ArrayList<>();
        for (int layer = last - count; layer < last; layer++) {
            rows.add(Shapes.saliency(shape, layer, Heads.MEAN));
        }
        String ensemble = knobs.text("ensemble");
        List<Signal<?>> needs = List.copyOf(rows);
        if (knobs.text("where").equals("encoder")) {
            return Plan.of(
                    CARD.id(),
                    new Step(
                            new Station.Connector(),
                            needs,
                            s -> keep(s, rows, ensemble, Spending.perImage(budget, s.layout()))));
        }
        int k = knobs.integer("k", Depth.pruningLayer(2, Depth.DECODER, shape.decoderLayers()));
        Shapes.requireDecoderLayer(k, "k", shape, CARD.id());
        return Plan.of(
                CARD.id(),
                new Step(
                        new Station.Decoder(k),
                        needs,
                        s -> keep(s, rows, ensemble, Spending.inPrompt(budget, shape, s.layout()))));
    }

    private static Outcome keep(Signals signals, List<Signal.EncoderAttention> rows, String ensemble, int count) {
        float[] scores = combine(rows.stream().map(signals::get).toList(), ensemble);
        return Outcome.of(Decision.Keep.of(TopK.largestInOrder(scores, count)), scores);
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
