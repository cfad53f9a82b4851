package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
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
 * FlowCut (arXiv 2505.19536): prunes at every second encoder layer by a score smoothed over layers, as many tokens as
 * the concentration of the class token's attention and the layers left suggest.
 */
public final class FlowCut implements Technique {
    private static final String CUMULATIVE = "flowcut";

    private static final Card CARD = new Card(
            "flowcut",
            "FlowCut: Rethinking Redundancy via Information Flow for Efficient Vision-Language Models",
            "2505.19536",
            "Prunes gradually inside the encoder, more where the class token's attention is concentrated, by a score "
                    + "of attention, value similarity and value norm.",
            List.of("encoder", "decoder"),
            List.of(
                    Knob.number("smoothing", "0.5", 0, 1, "Weight of the newest layer in the cumulative score."),
                    Knob.choice(
                            "llm-cut",
                            "off",
                            List.of("off", "on"),
                            "Stop at twice the budget in the encoder and cut to it inside the language model (models "
                                    + "with many visual tokens)."),
                    Knob.number("llm-layer", "auto", 1, 1000, "Decoder layers before that cut; auto is 2 of 32.")),
            false,
            List.of(
                    "Budget: tokens per image that reach the language model; with llm-cut=on, tokens left after the "
                            + "cut.",
                    "Counts are decided for each image by itself; the official code takes the largest of a batch.",
                    "Encoders without a class token: the mean query over patches takes the place of the class query, "
                            + "and the score has no value similarity (official code for such encoders)."));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        int layers = shape.featureLayers();
        int offset = shape.hasCls() ? 2 : 1;
        if (layers < offset) {
            throw new IllegalArgumentException("Technique 'flowcut' needs features from at least " + offset
                    + " encoder layers; this model takes them after " + layers + ".");
        }
        boolean cut = shape.hasLanguageModel() && knobs.flag("llm-cut");
        List<Step> steps = new ArrayList<>();
        for (int layer = 0; layer <= layers - offset; layer++) {
            Layer rule = new Layer(
                    shape, layer, layers - offset - layer, budget, cut ? 2 : 1, (float) knobs.number("smoothing"));
            steps.add(new Step(new Station.EncoderOutput(layer), rule.needs(), rule::decide));
        }
        if (cut) {
            int layer = knobs.integer("llm-layer", Depth.pruningLayer(2, Depth.DECODER, shape.decoderLayers()));
            Shapes.requireDecoderLayer(layer, "llm-layer", shape, CARD.id());
            steps.add(FlowCutInDecoder.step(shape, budget, layer));
        }
        return Plan.of(CARD.id(), steps);
    }

    /** One encoder layer: update the cumulative score, and prune if the layers left are even in number. */
    private record Layer(ModelShape shape, int layer, int remaining, Budget budget, int slack, float smoothing) {
        private static final Signal.Noted BEFORE = new Signal.Noted(CUMULATIVE);

        Signal.EncoderAttention cls() {
            return new Signal.EncoderAttention(layer, EncoderQueries.CLS, Heads.MEAN);
        }

        Signal.EncoderProjection projection(Projection projection) {
            return new Signal.EncoderProjection(layer, projection);
        }

        List<Signal<?>> needs() {
            List<Signal<?>> needs = new ArrayList<>();
            needs.add(projection(Projection.VALUE));
            if (shape.hasCls()) {
                needs.add(cls());
            } else {
                needs.add(projection(Projection.QUERY));
                needs.add(projection(Projection.KEY));
            }
            if (layer > 0) {
                needs.add(BEFORE);
            }
            return needs;
        }

        Outcome decide(Signals signals) {
            int present = signals.layout().visualCount();
            int target = Math.min(present, slack * budget.of(signals.layout().total()));
            if (present <= target) {
                return Outcome.of(new Decision.Unchanged()).noting(CUMULATIVE, new float[present]);
            }
            Matrix values = signals.get(projection(Projection.VALUE));
            int heads = shape.encoderHeads();
            float[] attention = shape.hasCls()
                    ? signals.get(cls())
                    : FlowCutScore.meanQueryAttention(
                            signals.get(projection(Projection.QUERY)), signals.get(projection(Projection.KEY)), heads);
            float[] current = shape.hasCls()
                    ? FlowCutScore.score(
                            attention,
                            FlowCutScore.semanticWeights(values, heads),
                            FlowCutScore.valueNorms(Shapes.patchRows(shape, values), heads))
                    : FlowCutScore.product(attention, FlowCutScore.valueNorms(values, heads));
            float[] scores = layer == 0 ? current : smooth(signals.get(BEFORE), current);
            int gone = remaining == 0
                    ? present - target
                    : remaining % 2 == 0 ? FlowCutScore.pruned(attention, target, remaining, shape.hasCls()) : 0;
            int kept = Math.max(present - gone, target);
            Decision decision =
                    kept == present ? new Decision.Unchanged() : Decision.Keep.of(TopK.largestInOrder(scores, kept));
            return Outcome.of(decision, scores).noting(CUMULATIVE, scores);
        }

        private float[] smooth(float[] before, float[] current) {
            float[] out = new float[current.length];
            for (int i = 0; i < out.length; i++) {
                out[i] = (1 - smoothing) * before[i] + smoothing * current[i];
            }
            return out;
        }
    }
}
