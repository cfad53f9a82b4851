package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Signal.PromptTokens;
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
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * DART (arXiv 2502.11494): a few pivots are taken by key norm, and for each the visual tokens least like it are kept.
 * What repeats the pivots is dropped.
 */
public final class Dart implements Technique {
    private static final Card CARD = Card.of("""
            id        dart
            title     Stop Looking for "Important Tokens" in Multimodal Language Models: Duplication Matters More
            arxiv     2502.11494
            summary   After K decoder layers keeps, for each of a few pivot tokens, the visual tokens least like it.
            stations  decoder
            budget    Visual tokens left after layer K, per image, as the authors count: pivots choose an equal number
                      each, and the image pivots come on top (192, 128 and 64 leave 196, 132 and 68 of 576). With
                      count=exact as many as asked for.
            knob      k = 2/32 decoder layers: Layers that see all tokens.
            knob      image-pivots = 4, whole 1..64: Pivots among the visual tokens of an image.
            knob      text-pivots = 4, whole 0..64: Pivots among the text tokens after the first image.
            knob      count = official | exact: Whether the budget is met as the released code does or exactly
                      (TensorRT Edge-LLM).
            knob      order = official | norm: Pivots choose in the order of a Python set of positions (released code)
                      or by falling key norm, image pivots first (TensorRT Edge-LLM).
            note      Several images: each has pivots and a quota of its own and shares the text pivots; the released
                      code prunes the first one.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int k = knobs.layer("k", shape);
        Signal.DecoderProjection keys = new Signal.DecoderProjection(k - 1, Projection.KEY, true);
        Signal.DecoderInstructionProjection textKeys =
                new Signal.DecoderInstructionProjection(k - 1, Projection.KEY, true);
        Signal.DecoderHidden states = new Signal.DecoderHidden(PromptTokens.VISUAL, true);
        Signal.DecoderHidden textStates = new Signal.DecoderHidden(PromptTokens.INSTRUCTION, true);
        DartPivots pivots = DartPivots.of(knobs);
        return List.of(new Step(new Station.Decoder(k), List.of(keys, textKeys, states, textStates), s -> {
            DartPivots.Tokens visual = tokens(s, states, keys, s.layout().visual());
            DartPivots.Tokens text = tokens(s, textStates, textKeys, s.layout().instruction());
            int[][] images = Shapes.byImage(s.layout());
            int[] kept = IntStream.range(0, images.length)
                    .flatMap(i -> Arrays.stream(
                            pivots.choose(visual, text, images[i], Spending.ofImage(budget, shape, s.layout(), i))))
                    .sorted()
                    .toArray();
            return Outcome.of(Decision.Keep.of(kept), visual.keyNorms());
        }));
    }

    private static DartPivots.Tokens tokens(
            Signals signals, Signal.DecoderHidden states, Signal<Matrix> keys, int[] positions) {
        return DartPivots.Tokens.of(signals.get(states), signals.get(keys), positions);
    }
}
