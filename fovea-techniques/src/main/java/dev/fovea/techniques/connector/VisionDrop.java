package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Signals;
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
import java.util.ArrayList;
import java.util.List;

/**
 * VisionDrop (arXiv 2506.22283): at the encoder's output and after three decoder depths, keep the tokens that vision
 * itself attends to and fold the others into a few contextual tokens. No text takes part.
 */
public final class VisionDrop implements Technique {
    private static final Card CARD = Card.of("""
            id          visiondrop
            title       Rethinking Visual Token Reduction in LVLMs under Cross-modal Misalignment
            arxiv       2506.22283
            summary     Keeps the tokens that other visual tokens attend to and merges the rest, before the projector
                        and at three decoder depths.
            stations    connector, decoder
            budget      Average visual tokens per decoder layer; the published schedule for 32 (48, 35, 26, 19 tokens,
                        of which 6, 5, 4, 3 are merged) is scaled to it, no stage above the number of patches. With
                        stages=encoder the budget is the number of tokens that reach the language model.
            knob        l1 = 8/32 decoder layers: Layers before the first decoder stage.
            knob        l2 = 16/32 decoder layers: Layers before the second decoder stage.
            knob        l3 = 24/32 decoder layers: Layers before the third decoder stage.
            knob        stages = all | encoder | decoder: All four, only the one before the projector, or only the three
                        in the decoder.
            knob        cls = on | off: Whether the class token is one of the tokens kept at the encoder (official
                        code), where the model does not pass it on anyway.
            substitute  class-attention
            note        No class token is kept in an encoder without one.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        VisionDropSchedule schedule = VisionDropSchedule.of(shape, budget, knobs);
        List<Step> steps = new ArrayList<>();
        boolean cls = shape.hasCls() && !shape.clsInFeatures() && knobs.flag("cls");
        if (schedule.shares()[0] < 1) {
            steps.add(encoderStage(shape, schedule.shares()[0], cls));
        }
        for (int stage = 1; stage < schedule.shares().length; stage++) {
            if (schedule.shares()[stage] < 1) {
                steps.add(decoderStage(shape, schedule.layers()[stage], stage, schedule.shares()[stage]));
            }
        }
        return steps;
    }

    private static Step encoderStage(ModelShape shape, double share, boolean cls) {
        int layer = shape.featureLayers() - 1;
        Signal.EncoderAttention attention = Shapes.saliency(shape, layer, Heads.SUM);
        Signal.EncoderProjection keys = new Signal.EncoderProjection(layer, Projection.KEY);
        return new Step(new Station.Connector(), List.of(attention, keys), s -> {
            Shapes.requireWholeGrid(s.layout(), CARD.id());
            float[] scores = s.get(attention);
            int count = Math.min(Spending.ofPrompt(share, s.layout()), scores.length);
            MergeBuilder merge = new MergeBuilder();
            if (cls) {
                merge.keep(Decision.CLS);
            }
            int contextual = VisionDropSchedule.contextual(0, count);
            SelectAndMerge.apply(
                    merge,
                    scores,
                    Vectors.meanOverHeads(Shapes.patchRows(shape, s.get(keys)), shape.encoderHeads()),
                    count - contextual - (cls && count > contextual ? 1 : 0),
                    contextual);
            return Outcome.of(merge.build(), scores);
        });
    }

    private static Step decoderStage(ModelShape shape, int layer, int stage, double share) {
        Signal.DecoderAttention attention =
                new Signal.DecoderAttention(layer, DecoderQueries.VISUAL, KeyScope.ALL, true);
        Signal.DecoderProjection keys = new Signal.DecoderProjection(layer, Projection.KEY, true);
        return new Step(
                new Station.Decoder(layer),
                List.of(attention, keys),
                s -> inDecoder(s, attention, keys, shape.decoderKvHeads(), stage, share));
    }

    private static Outcome inDecoder(
            Signals signals,
            Signal.DecoderAttention attention,
            Signal.DecoderProjection keys,
            int heads,
            int stage,
            double share) {
        float[] scores = Vectors.pick(signals.get(attention), signals.layout().visual());
        int count = Spending.ofPrompt(share, signals.layout());
        if (count >= scores.length) {
            return Outcome.of(new Decision.Unchanged(), scores);
        }
        int contextual = VisionDropSchedule.contextual(stage, count);
        MergeBuilder merge = new MergeBuilder();
        SelectAndMerge.apply(
                merge, scores, Vectors.meanOverHeads(signals.get(keys), heads), count - contextual, contextual);
        return Outcome.of(merge.build(Positions.RENUMBERED), scores);
    }
}
