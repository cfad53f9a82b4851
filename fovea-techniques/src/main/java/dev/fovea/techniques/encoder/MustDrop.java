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
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * MustDrop (arXiv 2411.10803): windows of alike patches become one token, the most attended ones are never dropped, and
 * the others go at four decoder depths where neither all text nor any word of it attends to them.
 */
public final class MustDrop implements Technique {
    private static final Card CARD = Card.of("""
            id          mustdrop
            title       Multi-Stage Vision Token Dropping: Towards Efficient Multimodal Large Language Model
            arxiv       2411.10803
            summary     Merges windows of alike patches after the first encoder layer, and drops at four decoder depths
                        what the text attends to weakly, but never the patches most attended by the class token.
            stations    encoder, connector, decoder, cache
            budget      The average over decoder layers that the thresholds aim at: the authors' for 192, 128 and 64 of
                        576 tokens, geometric in between. How many tokens stay depends on picture and question. With
                        count=budget, tokens after merging.
            knob        count = thresholds | budget: The published method, or only its merging, with as many windows as
                        the budget needs and behind the last feature layer (LightCompress).
            knob        gamma = auto, 0..1: A token may be dropped whose share of the text's attention is below this;
                        auto is 0.001, 0.0012 and 0.011 for the three budgets, times 576 over the model's own tokens.
            knob        alpha = auto, 0..1: And that no word attends to as much as this; auto is 0.001, 0.001 and 0.01,
                        likewise.
            knob        similarity = 0.8, -1..2: Mean cosine at which a window is merged; above 1 none is.
            knob        window = 3, whole 1..64: Side of a window.
            knob        key-rate = 0.08, share: Share of the tokens that are never dropped.
            knob        k1 = 3/32 decoder layers: Layers before the first drop.
            knob        k2 = 7/32 decoder layers: Layers before the second drop.
            knob        k3 = 11/32 decoder layers: Layers before the third drop.
            knob        k4 = 15/32 decoder layers: Layers before the fourth drop.
            knob        cache = cleared | kept: Whether, once the prompt has been read, the layers from the one before the
                        first drop on forget what a later drop has left out, as published.
            substitute  class-attention
            note        Merged tokens come first, the most alike first, as in the authors' code. Patches beside the last
                        whole window stay; the authors' code takes only grids that windows fill.
            note        Positions are renumbered after every drop, as in the authors' code.
            note        Layers before the one that the first drop looks at keep all keys and values, as in the authors'
                        code.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        LocalMerging windows = new LocalMerging(knobs.integer("window"), knobs.number("similarity"));
        Signal.EncoderStates states = new Signal.EncoderStates();
        if (knobs.is("count", "budget")) {
            return List.of(new Step(new Station.EncoderOutput(shape.featureLayers() - 1), List.of(states), s -> {
                int target = budget.of(s.layout().total());
                return Outcome.of(windows.toCount(Shapes.patchRows(shape, s.get(states)), s.layout(), target));
            }));
        }
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(new Station.EncoderOutput(0), List.of(states), s -> {
            return Outcome.of(windows.alike(Shapes.patchRows(shape, s.get(states)), s.layout()));
        }));
        Signal.EncoderAttention attention = Shapes.saliency(shape, shape.encoderLayers() - 1, Heads.MEAN);
        double rate = knobs.number("key-rate");
        steps.add(new Step(new Station.Connector(), List.of(attention), s -> {
            float[] scores = s.get(attention);
            return Outcome.of(new Decision.Unchanged(), scores)
                    .noting(DualAttention.KEY_SET, DualAttention.keySet(scores, rate));
        }));
        DualAttention filter = DualAttention.of(budget, shape, knobs);
        TreeSet<Integer> depths = new TreeSet<>();
        List.of("k1", "k2", "k3", "k4").forEach(k -> depths.add(knobs.layer(k, shape)));
        depths.forEach(depth -> steps.add(filter.step(depth)));
        if (knobs.is("cache", "cleared")) {
            steps.add(clearing(Math.max(0, depths.first() - 1)));
        }
        return steps;
    }

    /** Before the answer goes on, what the last layer no longer holds leaves the layers from this one on. */
    private static Step clearing(int layer) {
        return new Step(new Station.Cache(Station.Behind.PROMPT, layer), List.of(), s -> {
            int[] left = IntStream.range(0, s.layout().visualCount()).toArray();
            return Outcome.of(new Decision.Keep(left, Decision.Positions.RENUMBERED));
        });
    }
}
