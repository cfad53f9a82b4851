package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signal.Projection;
import dev.fovea.core.path.Signals;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.TopK;
import java.util.ArrayList;
import java.util.List;

/** FlowCut in one encoder layer: update the cumulative score, and prune if the layers left are even in number. */
record FlowCutLayer(ModelShape shape, int layer, int remaining, Budget budget, int slack, float smoothing) {
    private static final String CUMULATIVE = "flowcut";
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
