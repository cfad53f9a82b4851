package dev.fovea.eval.tune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Looks for the point of a box with the greatest value in few tries: ask for a point, tell its value. The first points
 * are spread by a shifted Halton sequence, later ones have the greatest expected improvement under a Gaussian process
 * (Jones et al. 1998, equation 15). The same seed and values give the same points.
 */
public final class BayesianSearch {
    private static final int[] PRIMES = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29};
    private static final int CANDIDATES = 600;
    private static final int LOCAL = 200;
    private static final double EXPLORATION = 0.01;

    private final List<Dimension> box;
    private final int initial;
    private final SplittableRandom random;
    private final double[] shift;
    private final List<double[]> points = new ArrayList<>();
    private final List<Double> values = new ArrayList<>();
    private int asked;

    /** An interval, both ends allowed. */
    public record Dimension(String name, double low, double high) {
        public Dimension {
            if (!(low <= high)) {
                throw new IllegalArgumentException(
                        "The interval of '" + name + "' is empty: " + low + " to " + high + ".");
            }
        }
    }

    /** A point and its value. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Try(double[] point, double value) {}

    /**
     * @param box at most ten dimensions
     * @param initial tries before the process is asked
     */
    public BayesianSearch(List<Dimension> box, int initial, long seed) {
        if (box.isEmpty() || box.size() > PRIMES.length) {
            throw new IllegalArgumentException(
                    "A search takes 1 to " + PRIMES.length + " knobs, got " + box.size() + ".");
        }
        this.box = List.copyOf(box);
        this.initial = Math.max(1, initial);
        this.random = new SplittableRandom(seed);
        this.shift = random.doubles(box.size()).toArray();
    }

    /** The next point to try, in the units of the box. */
    public double[] ask() {
        asked++;
        return points.size() < initial ? scaled(halton(asked)) : scaled(mostPromising());
    }

    /** What a point was worth. NaN counts as the worst value so far. */
    public void tell(double[] point, double value) {
        double known = Double.isNaN(value)
                ? values.stream().mapToDouble(Double::doubleValue).min().orElse(0)
                : value;
        points.add(unit(point));
        values.add(known);
    }

    /** The best try so far. */
    public Try best() {
        if (points.isEmpty()) {
            throw new IllegalStateException("Nothing has been tried yet");
        }
        int best = 0;
        for (int i = 1; i < points.size(); i++) {
            best = values.get(i) > values.get(best) ? i : best;
        }
        return new Try(scaled(points.get(best)), values.get(best));
    }

    private double[] halton(int index) {
        double[] out = new double[box.size()];
        for (int d = 0; d < out.length; d++) {
            double share = 1;
            double value = 0;
            for (int i = index; i > 0; i /= PRIMES[d]) {
                share /= PRIMES[d];
                value += share * (i % PRIMES[d]);
            }
            out[d] = (value + shift[d]) % 1;
        }
        return out;
    }

    /** The best of many random points, some of them close to the best try. */
    private double[] mostPromising() {
        GaussianProcess process = GaussianProcess.fit(
                points.toArray(double[][]::new),
                values.stream().mapToDouble(Double::doubleValue).toArray());
        double[] champion = unit(best().point());
        double top = best().value();
        double[] chosen = champion;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < CANDIDATES; i++) {
            double[] candidate =
                    i < LOCAL ? near(champion) : random.doubles(box.size()).toArray();
            double improvement = improvement(process.at(candidate), top);
            if (improvement > most) {
                most = improvement;
                chosen = candidate;
            }
        }
        return chosen;
    }

    private double[] near(double[] centre) {
        double width = Math.pow(10, -2 * random.nextDouble() - 0.5);
        return Arrays.stream(centre)
                .map(c -> Math.clamp(c + width * (2 * random.nextDouble() - 1), 0, 1))
                .toArray();
    }

    private static double improvement(GaussianProcess.Belief belief, double best) {
        double gain = belief.mean() - best - EXPLORATION * belief.deviation();
        double z = gain / belief.deviation();
        double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
        return gain * normal(z) + belief.deviation() * density;
    }

    /** The normal distribution (Abramowitz and Stegun 1964, 26.2.17). */
    static double normal(double z) {
        double t = 1 / (1 + 0.2316419 * Math.abs(z));
        double tail = Math.exp(-z * z / 2)
                / Math.sqrt(2 * Math.PI)
                * t
                * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        return z > 0 ? 1 - tail : tail;
    }

    private double[] scaled(double[] unit) {
        double[] out = new double[unit.length];
        for (int d = 0; d < out.length; d++) {
            out[d] =
                    box.get(d).low() + unit[d] * (box.get(d).high() - box.get(d).low());
        }
        return out;
    }

    private double[] unit(double[] point) {
        double[] out = new double[point.length];
        for (int d = 0; d < out.length; d++) {
            double span = box.get(d).high() - box.get(d).low();
            out[d] = span == 0 ? 0 : (point[d] - box.get(d).low()) / span;
        }
        return out;
    }
}
