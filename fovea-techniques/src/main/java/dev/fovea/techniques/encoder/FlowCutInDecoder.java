package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/** FlowCut's last cut inside the language model: attention and value similarity of the last instruction token. */
final class FlowCutInDecoder {
    private FlowCutInDecoder() {}

    /**
     * The cut on the output of decoder layer {@code layer - 1}, scored in that layer.
     *
     * @param layer how many layers hold all tokens
     */
    static Step step(ModelShape shape, Budget budget, int layer) {
        Signal.DecoderAttention attention =
                new Signal.DecoderAttention(layer - 1, DecoderQueries.LAST, KeyScope.VISUAL, true);
        Signal.DecoderProjection values = new Signal.DecoderProjection(layer - 1, Projection.VALUE, true);
        Signal.DecoderLastProjection last = new Signal.DecoderLastProjection(layer - 1, Projection.VALUE, true);
        return new Step(
                new Station.Decoder(layer),
                List.of(attention, values, last),
                s -> decide(
                        s,
                        attention,
                        values,
                        last,
                        shape.decoderKvHeads(),
                        Spending.inPrompt(budget, shape, s.layout())));
    }

    private static Outcome decide(
            Signals signals,
            Signal.DecoderAttention attention,
            Signal.DecoderProjection values,
            Signal.DecoderLastProjection last,
            int heads,
            int count) {
        Matrix v = signals.get(values);
        double scale = 1 / Math.sqrt((double) v.cols() / heads);
        float[] scores = FlowCutScore.score(
                Vectors.pick(signals.get(attention), signals.layout().visual()),
                FlowCutScore.meanSoftmax(signals.get(last).row(0), v, heads, scale, 0),
                FlowCutScore.valueNorms(v, heads));
        Decision decision = count == v.rows()
                ? new Decision.Unchanged()
                : new Decision.Keep(TopK.largestInOrder(scores, count), Decision.Positions.RENUMBERED);
        return Outcome.of(decision, scores);
    }
}
