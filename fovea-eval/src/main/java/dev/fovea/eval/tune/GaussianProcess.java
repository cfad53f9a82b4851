package dev.fovea.eval.tune;

import java.util.Arrays;

/**
 * Regression by a Gaussian process with a Matérn-5/2 kernel of one length per dimension and a little noise (Rasmussen
 * and Williams 2006, chapters 2 and 5). Targets are standardised; lengths and noise are those with the highest marginal
 * likelihood found by a coordinate search on a logarithmic grid.
 */
final class GaussianProcess {
    private static final double[] LENGTHS = {0.05, 0.1, 0.2, 0.35, 0.6, 1, 1.8, 3.2};
    private static final double[] NOISES = {1e-6, 1e-4, 1e-3, 1e-2, 5e-2, 0.2};
    private static final int SWEEPS = 3;

    private final double[][] points;
    private final double mean;
    private final double deviation;
    private final double[] standard;
    private double[] lengths;
    private double noise = 1e-3;
    private double[][] factor = new double[0][];
    private double[] weights = new double[0];

    /** What is believed about one point. */
    record Belief(double mean, double deviation) {}

    private GaussianProcess(double[][] points, double[] values) {
        this.points = points;
        this.mean = Arrays.stream(values).average().orElse(0);
        double variance = Arrays.stream(values)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElse(0);
        this.deviation = variance > 1e-18 ? Math.sqrt(variance) : 1;
        this.standard = Arrays.stream(values).map(v -> (v - mean) / deviation).toArray();
        this.lengths = new double[points[0].length];
        Arrays.fill(lengths, 0.6);
    }

    /**
     * Fits a process.
     *
     * @param points {@code [n][d]}, each coordinate 0 to 1
     * @param values {@code [n]}
     */
    static GaussianProcess fit(double[][] points, double[] values) {
        GaussianProcess gp = new GaussianProcess(points, values);
        double best = gp.condition();
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            for (int d = 0; d < gp.lengths.length; d++) {
                best = gp.improveLength(d, best);
            }
            best = gp.improveNoise(best);
        }
        gp.condition();
        return gp;
    }

    private double improveLength(int d, double best) {
        double kept = lengths[d];
        double most = best;
        for (double candidate : LENGTHS) {
            lengths[d] = candidate;
            double likelihood = condition();
            if (likelihood > most) {
                most = likelihood;
                kept = candidate;
            }
        }
        lengths[d] = kept;
        return most;
    }

    private double improveNoise(double best) {
        double kept = noise;
        double most = best;
        for (double candidate : NOISES) {
            noise = candidate;
            double likelihood = condition();
            if (likelihood > most) {
                most = likelihood;
                kept = candidate;
            }
        }
        noise = kept;
        return most;
    }

    /** Factors the kernel matrix; returns the logarithm of the marginal likelihood. */
    private double condition() {
        int n = points.length;
        double[][] k = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                k[i][j] = kernel(points[i], points[j]) + (i == j ? noise + 1e-9 : 0);
            }
        }
        double logDeterminant = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = k[i][j];
                for (int m = 0; m < j; m++) {
                    sum -= k[i][m] * k[j][m];
                }
                k[i][j] = i == j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / k[j][j];
            }
            logDeterminant += Math.log(k[i][i]);
        }
        factor = k;
        double[] half = forward(standard);
        weights = backward(half);
        double fit = 0;
        for (double v : half) {
            fit += v * v;
        }
        return -0.5 * fit - logDeterminant;
    }

    /** What the process believes about a point. */
    Belief at(double[] point) {
        double[] k = Arrays.stream(points).mapToDouble(p -> kernel(p, point)).toArray();
        double predicted = 0;
        for (int i = 0; i < k.length; i++) {
            predicted += k[i] * weights[i];
        }
        double explained = 0;
        for (double v : forward(k)) {
            explained += v * v;
        }
        double variance = Math.max(1e-12, 1 - explained);
        return new Belief(mean + deviation * predicted, deviation * Math.sqrt(variance));
    }

    private double kernel(double[] a, double[] b) {
        double squared = 0;
        for (int d = 0; d < a.length; d++) {
            double step = (a[d] - b[d]) / lengths[d];
            squared += step * step;
        }
        double r = Math.sqrt(5 * squared);
        return (1 + r + r * r / 3) * Math.exp(-r);
    }

    private double[] forward(double[] b) {
        double[] x = b.clone();
        for (int i = 0; i < x.length; i++) {
            for (int m = 0; m < i; m++) {
                x[i] -= factor[i][m] * x[m];
            }
            x[i] /= factor[i][i];
        }
        return x;
    }

    private double[] backward(double[] b) {
        double[] x = b.clone();
        for (int i = x.length - 1; i >= 0; i--) {
            for (int m = i + 1; m < x.length; m++) {
                x[i] -= factor[m][i] * x[m];
            }
            x[i] /= factor[i][i];
        }
        return x;
    }
}
