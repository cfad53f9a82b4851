package dev.fovea.techniques.attention;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.techniques.primitives.TopK;
import java.util.List;

/** Contrast of next-token logits with those of a branch that never saw the image (step 8 of attention rebalancing). */
final class ImageFreeContrast {
    private ImageFreeContrast() {}

    /** The step at the logits; see {@link #contrasted}. */
    static Step step(double gamma, double cutoff) {
        Signal.LogProbabilities seen = new Signal.LogProbabilities();
        Signal.BranchLogProbabilities blind = new Signal.BranchLogProbabilities(new Branch.WithoutPictures());
        return new Step(
                new Station.Logits(),
                List.of(seen, blind),
                s -> Outcome.of(new Decision.Replace(contrasted(s.get(seen), s.get(blind), gamma, cutoff))));
    }

    /** Step 8: {@code gamma * (p - q) + q}; tokens with {@code p < log(cutoff) + max p} are forbidden. */
    static float[] contrasted(float[] p, float[] q, double gamma, double cutoff) {
        double least = Math.log(cutoff) + p[TopK.best(p)];
        float[] out = new float[p.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = p[i] < least ? Float.NEGATIVE_INFINITY : (float) (gamma * ((double) p[i] - q[i]) + q[i]);
        }
        return out;
    }
}
