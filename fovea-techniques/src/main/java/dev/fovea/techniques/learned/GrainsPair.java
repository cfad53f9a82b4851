package dev.fovea.techniques.learned;

import dev.fovea.core.learned.ContrastPair;
import dev.fovea.core.learned.SteeringTechnique;
import dev.fovea.core.path.Attribution;
import dev.fovea.core.path.Attribution.Over;
import dev.fovea.core.path.Continuation.Worth;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.primitives.RandomSubset;
import dev.fovea.techniques.primitives.TopK;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one pair of answers shows (steps 1 to 5 of GrAInS): which tokens speak for the preferred answer and which for the
 * other, and how the hidden states behind the answers change where these are masked.
 */
record GrainsPair(ContrastPair pair, Knobs knobs) {
    /** Rows of what is lost with the tokens that speak for the preferred answer, and for the other. */
    static final String PREFERRED = "preferred";

    static final String DISPREFERRED = "dispreferred";

    /** Rows of the difference between the states behind the two answers. */
    static final String DIFFERENCE = "difference";

    /** How much likelier the preferred answer is: as it is, and with tokens masked. */
    static final List<String> FIGURES =
            List.of("preference", "without-preferred", "without-dispreferred", "without-random");

    private static final double NOISE = 0.01;

    /** Rows of all layers, one behind the other. */
    Map<String, Matrix> rows(long number) {
        int[][] masks = {{}, {}, {}};
        Matrix[] states = new Matrix[6];
        double[] preference = new double[FIGURES.size()];
        float[] ofPrompt = isCode() ? new float[0] : difference(shares(true, Over.PROMPT), shares(false, Over.PROMPT));
        for (boolean preferred : new boolean[] {true, false}) {
            float[] shares = isCode() ? ofOwn(preferred) : ofPrompt;
            int k = Math.min(knobs.integer("k"), shares.length);
            masks[1] = TopK.largest(shares, k);
            masks[2] = TopK.smallest(shares, k);
            List<Matrix> seen = pair.states(preferred, List.of(masks));
            for (int m = 0; m < masks.length; m++) {
                states[2 * m + (preferred ? 0 : 1)] = seen.get(m);
            }
            int[] random = RandomSubset.of(shares.length, k, number);
            double[] values = pair.values(preferred, worth(), List.of(masks[0], masks[1], masks[2], random));
            for (int i = 0; i < values.length; i++) {
                preference[i] += preferred ? values[i] : -values[i];
            }
        }
        Map<String, Matrix> rows = new LinkedHashMap<>();
        rows.put(PREFERRED, stacked(change(states[0], states[2]), change(states[1], states[3])));
        rows.put(DISPREFERRED, stacked(change(states[0], states[4]), change(states[1], states[5])));
        rows.put(DIFFERENCE, stacked(change(states[0], states[1])));
        rows.put(SteeringTechnique.FIGURES, stacked(floats(preference)));
        return rows;
    }

    private boolean isCode() {
        return knobs.is("form", "code");
    }

    private Worth worth() {
        return isCode() ? Worth.LAST_AGAIN : Worth.LIKELIHOOD;
    }

    private Attribution attribution() {
        int steps = knobs.integer("steps");
        return switch (knobs.text("attribution")) {
            case "gradient" -> new Attribution.Gradient();
            case "smooth" -> new Attribution.Smooth(steps, NOISE, 0);
            default -> new Attribution.Integrated(steps);
        };
    }

    private float[] shares(boolean preferred, Over over) {
        return pair.attribution(preferred, worth(), attribution(), over);
    }

    /** What the tokens of one answer's own sequence add to the preference. */
    private float[] ofOwn(boolean preferred) {
        float[] shares = shares(preferred, Over.ALL);
        return preferred ? shares : difference(new float[shares.length], shares);
    }

    static float[] difference(float[] a, float[] b) {
        float[] out = new float[a.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = a[i] - b[i];
        }
        return out;
    }

    private static float[] change(Matrix with, Matrix without) {
        return difference(with.data(), without.data());
    }

    private static Matrix stacked(float[]... rows) {
        return Matrix.of(rows);
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }
}
