package dev.fovea.eval.suite;

import java.util.List;
import java.util.Map;

/** Metrics that follow from sums over answers. */
public interface Summed {

    /** How many sums there are. */
    int size();

    /**
     * Adds what one answer counts.
     *
     * @param sums {@code [size]}
     */
    void add(Scored scored, double[] sums);

    /**
     * The metrics, the one that stands for the suite first, the same names for all sums; NaN where nothing was there to be
     * counted. A name of two parts, as in {@code random.f1}, is that of a part of the answers.
     *
     * @param sums {@code [size]}
     */
    Map<String, Double> metrics(double[] sums);

    /** The metrics of answers. */
    default Map<String, Double> of(List<Scored> scored) {
        double[] sums = new double[size()];
        scored.forEach(s -> add(s, sums));
        return metrics(sums);
    }
}
