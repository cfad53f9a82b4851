package dev.fovea.techniques.primitives;

/** Shannon entropy. */
public final class Entropy {
    private Entropy() {}

    /** Entropy in nats of a distribution; zero entries add nothing. */
    public static double nats(float[] probabilities) {
        double h = 0;
        for (float p : probabilities) {
            if (p > 0) {
                h -= p * Math.log(p);
            }
        }
        return h;
    }

    /** Entropy in bits of a histogram of counts. */
    public static double bits(int[] histogram) {
        long total = 0;
        for (int c : histogram) {
            total += c;
        }
        double h = 0;
        for (int c : histogram) {
            if (c > 0) {
                double p = (double) c / total;
                h -= p * Math.log(p) / Math.log(2);
            }
        }
        return h;
    }

    /** Entropy in nats of the softmax of some logits. */
    public static double ofLogits(float[] logits) {
        return nats(Vectors.softmax(logits));
    }
}
