package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.List;

/**
 * SparseVLM (arXiv 2410.04417): words that look like the picture rate the visual tokens at three decoder depths; the
 * best stay, and of the rest the better part is clustered into a few. SparseVLM+ corrects the attention for distance,
 * listens to the heads that look at the picture, and merges nothing.
 */
public final class SparseVlm implements Technique {
    private static final Card CARD = Card.of("""
            id        sparsevlm
            title     SparseVLM: Visual Token Sparsification for Efficient Vision-Language Model Inference
            arxiv     2410.04417
            summary   Keeps what the words that resemble the picture attend to, at three decoder depths, and merges a
                      part of the rest into a few tokens.
            stations  prompt, decoder
            budget    The published nominal count: average of the visual tokens that leave each of 32 layers (192, 128,
                      96 and 64 of 576 as listed in the released code; between and beyond them in proportion). On
                      average layers hold up to 3 % of all tokens more. Models of other depths hold the same share.
            knob      version = 1 | plus: The published method with merged tokens and renumbered positions, or
                      SparseVLM+ (version 2.0 of the released code).
            knob      l1 = 3/32 decoder layers: Layers that see all tokens.
            knob      l2 = 7/32 decoder layers: Layers before the second stage.
            knob      l3 = 16/32 decoder layers: Layers before the third stage.
            knob      recycled = 0.3, share: Share of the pruned tokens that is merged instead.
            knob      clusters = 0.1, share: Merged tokens per recycled one.
            knob      heads = auto, whole 1..4096: Heads that version plus listens to; auto is 14 of 32.
            knob      rope-base = 10000, 1..1000000000: Base of the rotary positions, for the correction of version plus.
            note      A tie between equally dense tokens goes to the lower index, where the released code adds noise.
            note      Several images are rated together; a merged token stands behind those kept of its image.
            note      The rank-based counts of the first release are not offered; its later releases use lists.
            """);

    private static final Signal.DecoderHidden VISUAL = new Signal.DecoderHidden();
    private static final Signal.DecoderHidden TEXT = new Signal.DecoderHidden(PromptTokens.INSTRUCTION, false);
    private static final Signal.NotedText RATERS = new Signal.NotedText("rater");
    private static final Signal.DecoderPositions POSITIONS = new Signal.DecoderPositions();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(
                new Station.Prompt(),
                List.of(VISUAL, TEXT),
                s -> Outcome.of(new Decision.Unchanged())
                        .notingText(RATERS.name(), TextRaters.choose(s.get(VISUAL), s.get(TEXT)))));
        SparseSchedule schedule = SparseSchedule.of(shape, budget, knobs);
        for (int stage = 0; stage < schedule.layers().length; stage++) {
            steps.add(stage(shape, knobs, schedule.layers()[stage], schedule.shares()[stage]));
        }
        return steps;
    }

    private static Step stage(ModelShape shape, Knobs knobs, int layer, double share) {
        boolean plus = knobs.is("version", "plus");
        Signal.DecoderInstructionAttention attention = new Signal.DecoderInstructionAttention(layer - 1, plus);
        DistanceCorrection correction = DistanceCorrection.of(shape, knobs);
        TokenRecycling recycling = TokenRecycling.of(knobs);
        return new Step(new Station.Decoder(layer), List.of(RATERS, attention, plus ? POSITIONS : VISUAL), s -> {
            Matrix rows = s.get(attention);
            int count = SparseSchedule.count(share, s.layout().total());
            if (rows.rows() == 0 || count >= rows.cols()) {
                return Outcome.of(new Decision.Unchanged());
            }
            float[] scores = plus
                    ? correction.scores(rows, s.get(RATERS), s.get(POSITIONS), s.layout())
                    : TextRaters.mean(rows, s.get(RATERS));
            Decision decision = plus
                    ? Decision.Keep.of(TopK.largestInOrder(scores, count))
                    : recycling.keep(scores, count, s.get(VISUAL), s.layout());
            return Outcome.of(decision, scores);
        });
    }
}
