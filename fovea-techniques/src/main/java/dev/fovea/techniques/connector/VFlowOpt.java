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
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Depth;
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

    private static final Card CARD = new Card(
            "vflowopt",
            "VFlowOpt: A Token Pruning Framework for LMMs with Visual Information Flow-Guided Optimization",
            "2508.05211",
            "Prunes by the attention of a few global tokens, recycling what is dropped, and again at two decoder "
                    + "depths.",
            List.of("connector", "decoder"),
            List.of(
                    Knob.number("r0", "auto", 0.001, 1, "Share kept behind the projector; auto by budget."),
                    Knob.number(
                            "r1", "auto", 0.001, 1, "Share of those kept at the first decoder cut; auto by budget."),
                    Knob.number(
                            "r2",
                            "auto",
                            0.001,
                            1,
                            "Share of those kept at the second decoder cut; auto solves the budget equation."),
                    Knob.number(
                            "threshold",
                            "auto",
                            0,
                            4096,
                            "Global tokens receive more than this times the mean attention; auto by budget."),
                    Knob.number(
                            "cell",
                            "auto",
                            1,
                            4096,
                            "Side of a recycling cell in tokens; auto by budget, in proportion to a grid 27 wide."),
                    Knob.number("entropy", "0", -1, 1, "Weight of patch entropy (0 in all released settings)."),
                    Knob.choice(
                            "grey",
                            "intended",
                            List.of("intended", "compatible"),
                            "Entropy of 0-255 pixels, or of the wrapped values that the released code sees."),
                    Knob.number("k1", "auto", 1, 1000, "Layers before the first decoder cut; auto is 9 of 28."),
                    Knob.number("k2", "auto", 2, 1000, "Layers before the second decoder cut; auto is 18 of 28.")),
            false,
            List.of(
                    "Budget: average visual tokens per decoder layer. Defaults interpolate the released settings for "
                            + "50, 25 and 10 %; r2 then solves the budget equation, so it differs from the released "
                            + "value in the third digit.",
                    "Where no token is global, received attention takes the place of the context map.",
                    "Every image is recycled by itself; newline tokens of tiled models are not counted."));

    private static final Signal.PatchPixels PIXELS = new Signal.PatchPixels();
    private static final Signal.Noted NOTED = new Signal.Noted(IMPORTANCE);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        boolean searched = !knobs.isAuto("r0") && !knobs.isAuto("r1") && !knobs.isAuto("r2");
        if (!searched && budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        int depth = shape.decoderLayers();
        if (depth < 3) {
            throw new IllegalArgumentException("Technique 'vflowopt' cuts before two decoder layers and needs at least "
                    + "3 of them; this model has " + depth + ".");
        }
        int k1 = knobs.integer("k1", Math.min(Depth.scaled(9, 28, depth), depth - 2));
        int k2 = knobs.integer("k2", Math.max(k1 + 1, Depth.pruningLayer(18, 28, depth)));
        Shapes.requireDecoderLayer(k1, "k1", shape, CARD.id());
        Shapes.requireDecoderLayer(k2, "k2", shape, CARD.id());
        if (k1 >= k2) {
            throw new IllegalArgumentException(
                    "Technique 'vflowopt' needs k1 < k2, got k1=" + k1 + " and k2=" + k2 + ".");
        }
        VFlowSettings settings = VFlowSettings.of(shape, budget, knobs, new VFlowBudget(k1, k2, depth));
        List<Step> steps = new ArrayList<>();
        steps.add(firstStage(shape, settings));
        if (settings.r1() < 1) {
            steps.add(cut(k1, settings.r1()));
        }
        if (settings.r2() < 1) {
            steps.add(cut(k2, settings.r2()));
        }
        return Plan.of(CARD.id(), steps);
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
