package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.List;

/**
 * VFlowOpt (arXiv 2508.05211): one importance map from the encoder drives pruning with recycling behind the projector
 * and two more cuts inside the decoder; its settings are searched once per model and budget.
 */
public final class VFlowOpt implements Technique {
    private static final String IMPORTANCE = "vflowopt";

    private static final Card CARD = Card.of("""
            id        vflowopt
            title     VFlowOpt: A Token Pruning Framework for LMMs with Visual Information Flow-Guided Optimization
            arxiv     2508.05211
            summary   Prunes by the attention of a few global tokens, recycling what is dropped, and again at two
                      decoder depths.
            stations  connector, decoder
            budget    Average visual tokens per decoder layer. Defaults interpolate the released settings for 50, 25 and
                      10 %; r2 then solves the budget equation, so it differs from the released value in the third
                      digit.
            full      acts with r0, r1, r2
            knob      r0 = auto, 0.001..1: Share kept behind the projector; auto by budget.
            knob      r1 = auto, 0.001..1: Share of those kept at the first decoder cut; auto by budget.
            knob      r2 = auto, 0.001..1: Share of those kept at the second decoder cut; auto solves the budget
                      equation.
            knob      threshold = auto, 0..4096: Global tokens receive more than this times the mean attention; auto by
                      budget.
            knob      cell = auto, 1..4096: Side of a recycling cell in tokens; auto by budget, in proportion to a grid
                      27 wide.
            knob      entropy = 0, -1..1: Weight of patch entropy (0 in all released settings).
            knob      grey = intended | compatible: Entropy of 0-255 pixels, or of the wrapped values that the released
                      code sees.
            knob      k1 = 9/28 decoder layers: Layers before the first decoder cut.
            knob      k2 = 18/28 decoder layers: Layers before the second decoder cut.
            note      Where no token is global, received attention takes the place of the context map.
            note      Every image is recycled by itself; newline tokens of tiled models are not counted.
            note      The published encoder has no class token. Where there is one, it is taken out of the attention map
                      (rows are not renormalised) and is neither dropped nor recycled behind the projector; a model that
                      passes it on with the features has it in the decoder, where its importance is 0 and the first cut
                      takes it first.
            """);

    private static final Signal.PatchPixels PIXELS = new Signal.PatchPixels();
    private static final Signal.Noted NOTED = new Signal.Noted(IMPORTANCE);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int[] k = knobs.layers(shape, "k1", "k2");
        VFlowSettings settings =
                VFlowSettings.of(shape, budget, knobs, new VFlowBudget(k[0], k[1], shape.decoderLayers()));
        List<Step> steps = new ArrayList<>();
        steps.add(firstStage(shape, settings));
        if (settings.r1() < 1) {
            steps.add(cut(k[0], settings.r1()));
        }
        if (settings.r2() < 1) {
            steps.add(cut(k[1], settings.r2()));
        }
        return steps;
    }

    private static Step firstStage(ModelShape shape, VFlowSettings settings) {
        Signal.EncoderAttentionMap map = new Signal.EncoderAttentionMap(shape.featureLayers() - 1);
        List<Signal<?>> needs = settings.entropyWeight() == 0 ? List.of(map) : List.of(map, PIXELS);
        return new Step(new Station.Projector(), needs, s -> recycle(s, map, shape, settings));
    }

    private static Outcome recycle(
            Signals signals, Signal.EncoderAttentionMap map, ModelShape shape, VFlowSettings settings) {
        Shapes.requireWholeGrid(signals.layout(), CARD.id());
        Matrix attention = signals.get(map);
        if (shape.hasCls()) {
            attention = VFlowImportance.withoutClass(attention);
        }
        float[] importance = VFlowImportance.context(attention, settings.threshold());
        if (settings.entropyWeight() != 0) {
            VFlowImportance.addEntropy(
                    importance, signals.get(PIXELS), settings.entropyWeight(), settings.compatibleGrey());
        }
        Decision decision = VFlowRecycling.decide(importance, signals.layout().cols(), settings.r0(), settings.cell());
        return Outcome.of(decision, importance).noting(IMPORTANCE, importance);
    }

    private static Step cut(int layer, double keep) {
        return new Step(new Station.Decoder(layer), List.of(NOTED), s -> {
            float[] importance = s.get(NOTED);
            int gone = Math.min((int) Math.rint(importance.length * (1 - keep)), importance.length - 1);
            if (gone == 0) {
                return Outcome.of(new Decision.Unchanged(), importance);
            }
            int[] kept = TopK.others(importance.length, TopK.smallest(importance, gone));
            return Outcome.of(Decision.Keep.of(kept), importance);
        });
    }
}
