package dev.fovea.techniques.residual;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import java.util.ArrayList;
import java.util.List;

/** Logits of late layers in those of the last (self-logits augmentation, step 6 of VISTA). */
final class LateMixing {
    private static final Signal.NextLogits OWN = new Signal.NextLogits();

    private LateMixing() {}

    /**
     * The step at the logits.
     *
     * @param from the first of the layers
     * @param count how many
     * @param norm whether their states pass the final norm
     * @param gamma their share
     */
    static Step step(int from, int count, boolean norm, double gamma) {
        List<Signal.LateLogits> late = new ArrayList<>();
        for (int layer = from; layer < from + count; layer++) {
            late.add(new Signal.LateLogits(layer, norm));
        }
        List<Signal<?>> needs = new ArrayList<>(late);
        needs.add(OWN);
        return new Step(
                new Station.Logits(),
                needs,
                s -> Outcome.of(new Decision.Replace(
                        mixed(s.get(OWN), late.stream().map(s::get).toList(), gamma))));
    }

    /** {@code (1 - gamma) own + gamma * mean(late)}. */
    static float[] mixed(float[] own, List<float[]> late, double gamma) {
        float[] out = new float[own.length];
        for (int i = 0; i < out.length; i++) {
            double sum = 0;
            for (float[] one : late) {
                sum += one[i];
            }
            out[i] = (float) ((1 - gamma) * own[i] + gamma * sum / late.size());
        }
        return out;
    }
}
