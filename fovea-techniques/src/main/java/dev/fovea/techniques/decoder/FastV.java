package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
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
import dev.fovea.techniques.primitives.RandomSubset;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/**
 * FastV (arXiv 2403.06764, section 4): after K full layers keep the visual tokens that the last prompt token attends to
 * most in layer K. This is the variant with a KV cache: pruned once in prefill, original positions.
 */
public final class FastV implements Technique {
    private static final Card CARD = new Card(
            "fastv",
            "An Image is Worth 1/2 Tokens After Layer 2: Plug-and-Play Inference Acceleration for Large "
                    + "Vision-Language Models",
            "2403.06764",
            "After K decoder layers keeps the visual tokens that the last prompt token attends to most.",
            List.of("decoder"),
            List.of(
                    Knob.number(
                            "k",
                            "auto",
                            0,
                            1000,
                            "Layers that see all tokens; 0 keeps a random subset before the first layer; auto is 2 of "
                                    + "32."),
                    Knob.choice(
                            "softmax",
                            "all",
                            List.of("all", "visual"),
                            "Keys of the score's softmax: all (original code) or visual only (FEATHER's baseline)."),
                    Knob.choice("rope", "on", List.of("on", "off"), "Whether the score sees rotary positions."),
                    Knob.number("seed", "0", 0, Integer.MAX_VALUE, "Seed of the random subset for k=0.")),
            false,
            List.of(
                    "Budget: visual tokens left after layer K (the paper's 1 - R), not the average over layers.",
                    "Of the published variants this is the one with a KV cache: pruned once, positions kept.",
                    "The score is the last prompt token's row, as in all published code; the paper's text says the "
                            + "average over all tokens."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        int k = knobs.integer("k", Depth.pruningLayer(2, Depth.DECODER, shape.decoderLayers()));
        if (k == 0) {
            long seed = knobs.integer("seed");
            return Plan.of(
                    CARD.id(),
                    new Step(new Station.Decoder(0), List.of(), s -> random(budget, shape, s.layout(), seed)));
        }
        Shapes.requireDecoderLayer(k, "k", shape, CARD.id());
        Signal.DecoderAttention attention = new Signal.DecoderAttention(
                k - 1,
                DecoderQueries.LAST,
                knobs.text("softmax").equals("all") ? KeyScope.ALL : KeyScope.VISUAL,
                knobs.flag("rope"));
        return Plan.of(CARD.id(), new Step(new Station.Decoder(k), List.of(attention), s -> {
            float[] scores = Vectors.pick(s.get(attention), s.layout().visual());
            int[] kept = TopK.largestInOrder(scores, Spending.inPrompt(budget, shape, s.layout()));
            return Outcome.of(Decision.Keep.of(kept), scores);
        }));
    }

    private static Outcome random(Budget budget, ModelShape shape, Layout layout, long seed) {
        int count = Spending.inPrompt(budget, shape, layout);
        return Outcome.of(Decision.Keep.of(RandomSubset.of(layout.visualCount(), count, seed)));
    }
}
